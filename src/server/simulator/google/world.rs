//! Google's customers and conversion actions in the simulator: fixed and documented, like the rest of its world.

use crate::server::simulator::world::*;

pub struct Customer {
    pub id: &'static str,
    pub name: &'static str,
    pub manager: bool,
    /// Whom it stands under; None: somebody opens it directly.
    pub under: Option<&'static str>,
    /// Closed customers answer nothing.
    pub enabled: bool,
    /// The customer that holds its conversions; None: it tracks none.
    pub conversions: Option<&'static str>,
    pub terms: bool,
}

/// An open account of an advertiser that keeps its own conversions.
const OPEN: Customer = Customer { id: "", name: "", manager: false, under: None, enabled: true, conversions: None, terms: true };

pub const CUSTOMERS: &[Customer] = &[
    Customer { id: GOOGLE_MANAGER, name: "Sample Studio manager", manager: true, conversions: Some(GOOGLE_MANAGER), ..OPEN },
    Customer { id: GOOGLE_CUSTOMER, name: "Sample Studio", under: Some(GOOGLE_MANAGER), conversions: Some(GOOGLE_CUSTOMER), ..OPEN },
    Customer { id: GOOGLE_UNTRACKED_CUSTOMER, name: "Moonlight Games", under: Some(GOOGLE_MANAGER), ..OPEN },
    Customer {
        id: GOOGLE_NO_TERMS_CUSTOMER,
        name: "Riverside",
        under: Some(GOOGLE_MANAGER),
        conversions: Some(GOOGLE_NO_TERMS_CUSTOMER),
        terms: false,
        ..OPEN
    },
    Customer {
        id: GOOGLE_SHARED_CUSTOMER,
        name: "Sample Studio mobile",
        under: Some(GOOGLE_MANAGER),
        conversions: Some(GOOGLE_MANAGER),
        ..OPEN
    },
    Customer { id: GOOGLE_DIRECT_CUSTOMER, name: "Big Ads", conversions: Some(GOOGLE_DIRECT_CUSTOMER), ..OPEN },
    Customer { id: GOOGLE_CLOSED_CUSTOMER, name: "Closed", enabled: false, ..OPEN },
    Customer { id: GOOGLE_FOREIGN_CUSTOMER, name: "Somebody Else", conversions: Some(GOOGLE_FOREIGN_CUSTOMER), ..OPEN },
];

/// What the person at the consent page opens without a manager in between.
pub const ROOTS: &[&str] = &[GOOGLE_MANAGER, GOOGLE_DIRECT_CUSTOMER, GOOGLE_CLOSED_CUSTOMER];

#[derive(Clone)]
pub struct ConversionAction {
    pub id: String,
    pub customer: &'static str,
    pub name: String,
    pub status: &'static str,
    pub kind: &'static str,
    pub counting: &'static str,
    pub window_days: i64,
    /// Made less than six hours ago, for ever.
    pub young: bool,
}

pub fn actions() -> Vec<ConversionAction> {
    let action = |id: &str, customer, name: &str| ConversionAction {
        id: id.to_owned(),
        customer,
        name: name.to_owned(),
        status: "ENABLED",
        kind: "UPLOAD_CLICKS",
        counting: "MANY_PER_CLICK",
        window_days: 90,
        young: false,
    };
    let mut list = vec![
        action(GOOGLE_PURCHASE_ACTION, GOOGLE_CUSTOMER, "First purchase"),
        action(GOOGLE_WISHLIST_ACTION, GOOGLE_CUSTOMER, "Wishlist"),
        action(GOOGLE_SIGN_UP_ACTION, GOOGLE_CUSTOMER, "Newsletter sign-up"),
        ConversionAction {
            window_days: 7,
            counting: "ONE_PER_CLICK",
            ..action(GOOGLE_SHORT_ACTION, GOOGLE_CUSTOMER, "Big spender, 7 days")
        },
        ConversionAction { young: true, ..action(GOOGLE_YOUNG_ACTION, GOOGLE_CUSTOMER, "Made an hour ago") },
        ConversionAction { status: "HIDDEN", ..action(GOOGLE_HIDDEN_ACTION, GOOGLE_CUSTOMER, "Old purchase") },
        ConversionAction { kind: "WEBPAGE", ..action(GOOGLE_WEBPAGE_ACTION, GOOGLE_CUSTOMER, "Site visits") },
        action(GOOGLE_SHARED_ACTION, GOOGLE_MANAGER, "All studios"),
        action(GOOGLE_FOREIGN_ACTION, GOOGLE_FOREIGN_CUSTOMER, "Not ours"),
    ];
    list.extend(
        (0..GOOGLE_BIG_ACTIONS).map(|n| action(&format!("{}", 880_000_000 + n), GOOGLE_DIRECT_CUSTOMER, &format!("Step {:03}", n + 1))),
    );
    list
}

pub fn customer(id: &str) -> Option<&'static Customer> {
    CUSTOMERS.iter().find(|customer| customer.id == id)
}

/// Whether the person at the consent page runs it.
pub fn ours(customer: &Customer) -> bool {
    ROOTS.iter().any(|root| customer.id == *root || customer.under == Some(root))
}

/// Whether the person reaches the customer: directly, or signed in at a manager above it.
pub fn reaches(customer: &Customer, login: Option<&str>) -> bool {
    match login {
        None => ROOTS.contains(&customer.id),
        Some(login) => ROOTS.contains(&login) && (login == customer.id || customer.under == Some(login)),
    }
}
