//! How a network names events. The one place that says which names it takes: what is chosen for a goal is held against it, and pages
//! explain it in its own words. Pure.

/// The names of a network that tells events apart by them.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// Its own events, spelt as it spells them, the likelier ones first.
    pub standard: &'static [&'static str],
    /// Names that it takes for one of its own events, each with that event: as a name of one's own they would count under another one.
    /// A `*` stands for any text.
    pub reserved: &'static [(&'static str, &'static str)],
    /// Bytes of a name of one's own at the most. Networks count characters; bytes fit under either reading.
    pub max: usize,
    /// Allowed in it besides ASCII letters and digits.
    pub also: &'static str,
    /// Whether it has to begin with a letter.
    pub letter_first: bool,
    /// The limits of a name of one's own, in a sentence.
    pub says: &'static str,
    /// What such a name is good for there, in a sentence.
    pub note: &'static str,
}

impl Naming {
    /// Why an event may not go out under this name, in a sentence; None where it may.
    pub fn refuses(&self, name: &str) -> Option<String> {
        if self.is_standard(name) {
            return None;
        }
        if let Some(known) = self.standard.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return Some(format!(
                "Spelt “{name}” it is not the network's own event. Choose {known}, or a name that is not so much like it."
            ));
        }
        if let Some((_, meant)) = self.reserved.iter().find(|(reserved, _)| is_like(name, reserved)) {
            return Some(format!("“{name}” is reserved and counts as {meant}. Choose {meant}, or another name."));
        }
        let letters = |c: char| c.is_ascii_alphanumeric() || self.also.contains(c);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.letter_first;
        let fits = (1..=self.max).contains(&name.len()) && name.chars().all(letters) && begins && name.trim() == name;
        (!fits).then(|| self.says.to_owned())
    }

    /// Whether an event whose name nobody chose may go out under it. One that only is spelt unlike the network's own event counts as a
    /// custom one, as harmless as it is useless.
    pub fn takes(&self, name: &str) -> bool {
        self.refuses(name).is_none() || self.standard.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    pub fn is_standard(&self, name: &str) -> bool {
        self.standard.contains(&name)
    }
}

/// Whether the name is the reserved one, in whatever case.
fn is_like(name: &str, reserved: &str) -> bool {
    let (name, reserved) = (name.to_ascii_lowercase(), reserved.to_ascii_lowercase());
    match reserved.split_once('*') {
        Some((before, after)) => name.len() >= reserved.len() && name.starts_with(before) && name.ends_with(after),
        None => name == reserved,
    }
}
