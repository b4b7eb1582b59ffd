//! What the benches print: one line of a table for each thing measured, with the minimum, median and maximum of its runs.
#![allow(dead_code)] // each bench takes what it needs

/// Runs of each measurement; three with `quick`.
pub fn runs() -> usize {
    if quick() { 3 } else { 5 }
}

/// Whether the short form is asked for: fewer and shorter runs, to see that everything works.
pub fn quick() -> bool {
    words().iter().any(|word| word == "quick")
}

/// The plain words of the command line; cargo passes flags of its own.
pub fn words() -> Vec<String> {
    std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect()
}

/// One thing measured several times.
#[derive(Debug, Clone, Default)]
pub struct Runs(pub Vec<f64>);

impl Runs {
    pub fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    /// `1,200 / 1,300 / 1,350`
    pub fn spread(&self) -> String {
        let sorted = self.sorted();
        let at = |index: usize| sorted.get(index).map_or_else(|| "–".into(), |value| number(*value));
        format!("{} / {} / {}", at(0), at(sorted.len() / 2), at(sorted.len().saturating_sub(1)))
    }
}

/// With thousands apart; below a hundred with one decimal.
pub fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub fn line(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
}

pub fn head(cells: &[&str]) {
    println!();
    line(cells);
    line(&vec!["---"; cells.len()]);
}

/// The share of the sorted values, `0.99` for p99.
pub fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
