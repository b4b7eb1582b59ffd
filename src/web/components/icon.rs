//! Icons from one sprite that stands in every page, so that none comes late; and the tones that a status may have.

use leptos::prelude::*;

const SPRITE: &str = include_str!("icons.svg");

crate::model::words! {
    /// A drawing of the sprite. An icon says nothing alone: a word stands beside it, or the control has a label.
    Shape {
        Bag = "bag", Check = "check", Clock = "clock", Copy = "copy", Dot = "dot", Down = "down", Failed = "failed",
        Flag = "flag", Flask = "flask", Goal = "goal", Grid = "grid", Key = "key", Left = "left", Link = "link",
        List = "list", Mail = "mail", Menu = "menu", Off = "off", Ok = "ok", Pause = "pause", Pixel = "pixel",
        Player = "player", Plug = "plug", Plus = "plus", Retry = "retry", Right = "right", Sliders = "sliders", Star = "star", Team = "team",
        UpDown = "updown", Warn = "warn",
    }
}

crate::model::words! {
    /// What a status means; never decoration.
    Tone { Ok = "ok", Warn = "warn", Bad = "bad", Hold = "hold", Info = "info", Off = "off" }
}

#[component]
pub fn Icon(shape: Shape) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use_ href=format!("#i-{shape}")/></svg> }
}

/// The drawings that `Icon` refers to; once in the document.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <div hidden inner_html=SPRITE></div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_in_the_sprite() {
        for shape in Shape::ALL {
            assert!(SPRITE.contains(&format!("<symbol id=\"i-{shape}\" ")), "{shape}");
        }
    }
}
