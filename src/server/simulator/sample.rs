//! What somebody connects the simulator with: one account, one target and one token for each network it plays.

use super::world;

/// The values for a connection that works, without a consent page.
pub struct Sample {
    pub network: &'static str,
    /// Id and name, where the network has accounts to pick from.
    pub account: Option<(&'static str, &'static str)>,
    /// The manager over which that account is reached.
    pub through: Option<&'static str>,
    /// Id and name; a network that is connected by a pasted id has no name for it.
    pub target: (&'static str, &'static str),
    pub token: &'static str,
    /// The token is of the kind that a person pastes.
    pub pasted: bool,
    /// Who gave it, where the network says.
    pub holder: Option<&'static str>,
    /// What goals on these events are mapped to, where the network asks for that.
    pub actions: &'static [(&'static str, &'static str)],
    /// Settings of a Postbacks that connects here: environment name and value, addresses left out.
    pub settings: &'static [(&'static str, &'static str)],
}

pub const SAMPLES: &[Sample] = &[
    Sample {
        network: "tiktok",
        account: Some((world::TIKTOK_ADVERTISER, "Sample Studio")),
        through: None,
        target: (world::TIKTOK_PIXEL, "Sample Game site"),
        token: world::TIKTOK_TOKEN,
        pasted: false,
        holder: None,
        actions: &[],
        settings: &[("POSTBACKS_TIKTOK_APP_ID", world::TIKTOK_APP_ID), ("POSTBACKS_TIKTOK_APP_SECRET", world::TIKTOK_APP_SECRET)],
    },
    Sample {
        network: "meta",
        account: Some((world::META_BUSINESS, "Sample Studio")),
        through: None,
        target: (world::META_PIXEL, "Sample Game site"),
        token: world::META_TOKEN,
        pasted: false,
        holder: Some(world::META_SYSTEM_USER),
        actions: &[],
        settings: &[
            ("POSTBACKS_META_APP_ID", world::META_APP_ID),
            ("POSTBACKS_META_APP_SECRET", world::META_APP_SECRET),
            ("POSTBACKS_META_CONFIG_ID", world::META_CONFIG_ID),
        ],
    },
    Sample {
        network: "google",
        account: Some((world::GOOGLE_CUSTOMER, "Sample Studio")),
        through: Some(world::GOOGLE_MANAGER),
        target: (world::GOOGLE_CUSTOMER, "Sample Studio"),
        token: world::GOOGLE_REFRESH_TOKEN,
        pasted: false,
        holder: Some(world::GOOGLE_PERSON),
        actions: &[
            ("purchase", world::GOOGLE_PURCHASE_ACTION),
            ("wishlist_add", world::GOOGLE_WISHLIST_ACTION),
            ("email_acquired", world::GOOGLE_SIGN_UP_ACTION),
        ],
        settings: &[
            ("POSTBACKS_GOOGLE_CLIENT_ID", world::GOOGLE_CLIENT_ID),
            ("POSTBACKS_GOOGLE_CLIENT_SECRET", world::GOOGLE_CLIENT_SECRET),
        ],
    },
    Sample {
        network: "reddit",
        account: None,
        through: None,
        target: (world::REDDIT_PIXEL, ""),
        token: world::REDDIT_TOKEN,
        pasted: true,
        holder: None,
        actions: &[],
        settings: &[],
    },
];
