//! Icons from one cached sprite (`public/icons.svg`), and the tones that a status may have.

use leptos::prelude::*;

crate::model::words! {
    /// A drawing of the sprite. An icon says nothing alone: a word stands beside it, or the control has a label.
    Shape {
        Bag = "bag", Check = "check", Clock = "clock", Copy = "copy", Dot = "dot", Down = "down", Failed = "failed",
        Flag = "flag", Flask = "flask", Goal = "goal", Grid = "grid", Key = "key", Left = "left", Link = "link",
        List = "list", Mail = "mail", Menu = "menu", Off = "off", Ok = "ok", Pause = "pause", Pixel = "pixel",
        Player = "player", Plug = "plug", Plus = "plus", Retry = "retry", Right = "right", Star = "star", Team = "team",
        UpDown = "updown", Warn = "warn",
    }
}

crate::model::words! {
    /// What a status means; never decoration.
    Tone { Ok = "ok", Warn = "warn", Bad = "bad", Hold = "hold", Info = "info", Off = "off" }
}

#[component]
pub fn Icon(shape: Shape) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use_ href=format!("/icons.svg#{shape}")/></svg> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_in_the_sprite() {
        let sprite = include_str!("../../../public/icons.svg");
        for shape in Shape::ALL {
            assert!(sprite.contains(&format!("<symbol id=\"{shape}\" ")), "{shape}");
        }
    }
}
