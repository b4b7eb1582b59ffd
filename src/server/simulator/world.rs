//! Who lives in the simulator: fixed, documented ids and tokens, so that a person, the demo and the browser tests can
//! name them. None of them means anything to a real network.

use super::google::world as google;

/// The app that TikTok knows: `POSTBACKS_TIKTOK_APP_ID` and `POSTBACKS_TIKTOK_APP_SECRET` of whoever connects here.
pub const TIKTOK_APP_ID: &str = "7380000000000000001";
pub const TIKTOK_APP_SECRET: &str = "5160a7e0c0ffee00000000000000000000000001";
pub const TIKTOK_APP_NAME: &str = "Postbacks";

/// A token that is there from the start, for both advertisers of the consent page.
pub const TIKTOK_TOKEN: &str = "51ab1e70ce000000000000000000000000000001";

/// Advertiser with a few pixels.
pub const TIKTOK_ADVERTISER: &str = "7100000000000000001";
/// Advertiser with more pixels than one page of the list holds.
pub const TIKTOK_BIG_ADVERTISER: &str = "7100000000000000002";
/// Advertiser of somebody else: no token is ever good for it.
pub const TIKTOK_FOREIGN_ADVERTISER: &str = "7100000000000000003";

/// Pixel codes of `TIKTOK_ADVERTISER`; the first is the one the demo uses.
pub const TIKTOK_PIXEL: &str = "CSAMPLEGAME000000001";
pub const TIKTOK_SHOP_PIXEL: &str = "CSAMPLESHOP000000002";
pub const TIKTOK_LANDING_PIXEL: &str = "CSAMPLELAND000000003";
/// Pixel code of `TIKTOK_FOREIGN_ADVERTISER`.
pub const TIKTOK_FOREIGN_PIXEL: &str = "CSOMEONEELSE00000001";
/// How many pixels `TIKTOK_BIG_ADVERTISER` has.
pub const TIKTOK_BIG_PIXELS: usize = 25;

/// Conversion access token for both pixels of the business.
pub const REDDIT_TOKEN: &str = "reddit-simulator-conversion-token-0001";
/// A second one, as after a rotation.
pub const REDDIT_SPARE_TOKEN: &str = "reddit-simulator-conversion-token-0002";
/// A token that may read and not send conversions.
pub const REDDIT_READ_TOKEN: &str = "reddit-simulator-adsread-only-token-03";

pub const REDDIT_PIXEL: &str = "a2_samplegame01";
pub const REDDIT_SHOP_PIXEL: &str = "a2_sampleshop02";
/// Pixel of somebody else.
pub const REDDIT_FOREIGN_PIXEL: &str = "a2_someoneelse1";

/// The app that Meta knows: `POSTBACKS_META_APP_ID`, `POSTBACKS_META_APP_SECRET`, and the configuration of its login, `POSTBACKS_META_CONFIG_ID`.
pub const META_APP_ID: &str = "730000000000000001";
pub const META_APP_SECRET: &str = "5160a7e0c0ffee0000000000000000m1";
pub const META_CONFIG_ID: &str = "910000000000000001";
pub const META_APP_NAME: &str = "Postbacks";

/// Token of a system user of the business, for our app; it never ends.
pub const META_TOKEN: &str = "EAAsimulator00systemuser00000000000000001";
/// Token as Events Manager makes one: of no app of ours, and reads nothing.
pub const META_PASTED_TOKEN: &str = "EAAsimulator00eventsmanager0000000000002";
/// One that may not send.
pub const META_READ_TOKEN: &str = "EAAsimulator00eventsmanager0000000000003";
/// The system user, and the person at the consent page.
pub const META_SYSTEM_USER: &str = "610000000000000001";
pub const META_PERSON: &str = "620000000000000001";

pub const META_BUSINESS: &str = "200000000000000001";
/// Ad account with a few datasets.
pub const META_AD_ACCOUNT: &str = "act_100000000000000001";
/// Ad account with more datasets than one page of the list holds.
pub const META_BIG_AD_ACCOUNT: &str = "act_100000000000000002";
/// Ad account of a client, who shares its dataset with the business.
pub const META_CLIENT_AD_ACCOUNT: &str = "act_100000000000000003";
/// Ad account of somebody else.
pub const META_FOREIGN_AD_ACCOUNT: &str = "act_100000000000000004";

/// Datasets of `META_AD_ACCOUNT`; the first is the one the demo uses.
pub const META_PIXEL: &str = "300000000000000001";
pub const META_SHOP_PIXEL: &str = "300000000000000002";
pub const META_CLIENT_PIXEL: &str = "300000000000000003";
pub const META_FOREIGN_PIXEL: &str = "300000000000000004";
/// How many datasets `META_BIG_AD_ACCOUNT` has.
pub const META_BIG_PIXELS: usize = 30;

/// The OAuth client that Google knows: `POSTBACKS_GOOGLE_CLIENT_ID` and `POSTBACKS_GOOGLE_CLIENT_SECRET`.
pub const GOOGLE_CLIENT_ID: &str = "700000000001-postbacks.apps.simulator.test";
pub const GOOGLE_CLIENT_SECRET: &str = "GOCSPX-simulator-0000000000000001";

/// A refresh token that is there from the start, an access token that it bought and that never ends, and what both are good for.
pub const GOOGLE_REFRESH_TOKEN: &str = "1//0simulator-refresh-token-000000000001";
pub const GOOGLE_ACCESS_TOKEN: &str = "ya29.simulator-access-token-00000000000001";
pub const GOOGLE_SCOPE: &str = "openid https://www.googleapis.com/auth/datamanager https://www.googleapis.com/auth/adwords";
/// The person at the consent page.
pub const GOOGLE_PERSON: &str = "108000000000000000001";

/// Manager account with what stands under it: an account with actions, one that tracks nothing, one without accepted terms, and one whose
/// conversions the manager keeps.
pub const GOOGLE_MANAGER: &str = "6021148830";
pub const GOOGLE_CUSTOMER: &str = "4182209913";
pub const GOOGLE_UNTRACKED_CUSTOMER: &str = "4182209914";
pub const GOOGLE_NO_TERMS_CUSTOMER: &str = "4182209915";
pub const GOOGLE_SHARED_CUSTOMER: &str = "4182209916";
/// Opened directly, with more actions than one page holds.
pub const GOOGLE_DIRECT_CUSTOMER: &str = "7713300011";
pub const GOOGLE_BIG_ACTIONS: usize = 130;
pub const GOOGLE_CLOSED_CUSTOMER: &str = "9990000001";
/// Of somebody else.
pub const GOOGLE_FOREIGN_CUSTOMER: &str = "5550000001";

/// Conversion actions of `GOOGLE_CUSTOMER`; the first three are the ones the demo uses. The others look back seven days, were made an
/// hour ago, are hidden, or are of another type.
pub const GOOGLE_PURCHASE_ACTION: &str = "700000001";
pub const GOOGLE_WISHLIST_ACTION: &str = "700000002";
pub const GOOGLE_SIGN_UP_ACTION: &str = "700000003";
pub const GOOGLE_SHORT_ACTION: &str = "700000004";
pub const GOOGLE_YOUNG_ACTION: &str = "700000005";
pub const GOOGLE_HIDDEN_ACTION: &str = "700000006";
pub const GOOGLE_WEBPAGE_ACTION: &str = "700000007";
/// Of `GOOGLE_MANAGER`.
pub const GOOGLE_SHARED_ACTION: &str = "700000011";
pub const GOOGLE_FOREIGN_ACTION: &str = "700000099";

/// Who can be picked on a consent page, or whose a token is.
#[derive(Debug, Clone)]
pub struct Account {
    pub network: &'static str,
    pub id: String,
    pub name: String,
    /// Whether the person at the consent page runs it.
    pub ours: bool,
}

/// What receives events.
#[derive(Debug, Clone)]
pub struct Pixel {
    pub network: &'static str,
    pub account: String,
    /// What event calls name it by: TikTok's pixel code, Reddit's pixel id.
    pub code: String,
    /// The network's inner id, where it differs.
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct World {
    pub accounts: Vec<Account>,
    pub pixels: Vec<Pixel>,
}

/// The account that both Reddit pixels of ours belong to.
pub const REDDIT_ACCOUNT: &str = "a2_samplestudio";
const REDDIT_FOREIGN_ACCOUNT: &str = "a2_strangers";

impl World {
    pub fn sample() -> Self {
        let account = |network, id: &str, name: &str, ours| Account { network, id: id.into(), name: name.into(), ours };
        let pixel = |network, account: &str, code: &str, id: &str, name: &str| Pixel {
            network,
            account: account.into(),
            code: code.into(),
            id: id.into(),
            name: name.into(),
        };
        let mut accounts = vec![
            account("tiktok", TIKTOK_ADVERTISER, "Sample Studio", true),
            account("tiktok", TIKTOK_BIG_ADVERTISER, "Moonlight Games", true),
            account("tiktok", TIKTOK_FOREIGN_ADVERTISER, "Somebody Else", false),
            account("meta", META_BUSINESS, "Sample Studio", true),
            account("meta", META_AD_ACCOUNT, "Sample Studio ads", true),
            account("meta", META_BIG_AD_ACCOUNT, "Moonlight Games ads", true),
            account("meta", META_CLIENT_AD_ACCOUNT, "Riverside, a client", false),
            account("meta", META_FOREIGN_AD_ACCOUNT, "Somebody Else", false),
            account("reddit", REDDIT_ACCOUNT, "Sample Studio", true),
            account("reddit", REDDIT_FOREIGN_ACCOUNT, "Somebody Else", false),
        ];
        let mut pixels = vec![
            pixel("tiktok", TIKTOK_ADVERTISER, TIKTOK_PIXEL, "7200000000000000001", "Sample Game site"),
            pixel("tiktok", TIKTOK_ADVERTISER, TIKTOK_SHOP_PIXEL, "7200000000000000002", "Merchandise shop"),
            pixel("tiktok", TIKTOK_ADVERTISER, TIKTOK_LANDING_PIXEL, "7200000000000000003", "Landing pages"),
            pixel("tiktok", TIKTOK_FOREIGN_ADVERTISER, TIKTOK_FOREIGN_PIXEL, "7200000000000000004", "Not yours"),
            pixel("reddit", REDDIT_ACCOUNT, REDDIT_PIXEL, REDDIT_PIXEL, "Sample Game site"),
            pixel("meta", META_AD_ACCOUNT, META_PIXEL, META_PIXEL, "Sample Game site"),
            pixel("meta", META_AD_ACCOUNT, META_SHOP_PIXEL, META_SHOP_PIXEL, "Merchandise shop"),
            pixel("meta", META_CLIENT_AD_ACCOUNT, META_CLIENT_PIXEL, META_CLIENT_PIXEL, "Riverside site"),
            pixel("meta", META_FOREIGN_AD_ACCOUNT, META_FOREIGN_PIXEL, META_FOREIGN_PIXEL, "Not yours"),
            pixel("reddit", REDDIT_ACCOUNT, REDDIT_SHOP_PIXEL, REDDIT_SHOP_PIXEL, "Merchandise shop"),
            pixel("reddit", REDDIT_FOREIGN_ACCOUNT, REDDIT_FOREIGN_PIXEL, REDDIT_FOREIGN_PIXEL, "Not yours"),
        ];
        pixels.extend((1..=TIKTOK_BIG_PIXELS).map(|n| {
            let (code, id) = (format!("CMOONLIGHT{n:010}"), format!("72000000000000001{n:02}"));
            pixel("tiktok", TIKTOK_BIG_ADVERTISER, &code, &id, &format!("Moonlight title {n}"))
        }));
        pixels.extend((1..=META_BIG_PIXELS).map(|n| {
            let id = format!("3100000000000000{n:02}");
            pixel("meta", META_BIG_AD_ACCOUNT, &id, &id, &format!("Moonlight title {n}"))
        }));
        accounts.extend(google::CUSTOMERS.iter().map(|customer| account("google", customer.id, customer.name, google::ours(customer))));
        pixels.extend(google::actions().iter().map(|action| pixel("google", action.customer, &action.id, &action.id, &action.name)));
        Self { accounts, pixels }
    }

    pub fn pixel(&self, network: &str, code: &str) -> Option<&Pixel> {
        self.pixels.iter().find(|pixel| pixel.network == network && pixel.code == code)
    }

    pub fn account(&self, network: &str, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.network == network && account.id == id)
    }

    /// The accounts that a person can grant to an app, or that a token made by hand is for.
    pub fn ours(&self, network: &str) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(move |account| account.network == network && account.ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_has_what_the_constants_promise() {
        let world = World::sample();
        assert_eq!(world.pixels.iter().filter(|pixel| pixel.account == TIKTOK_ADVERTISER).count(), 3);
        assert_eq!(world.pixels.iter().filter(|pixel| pixel.account == TIKTOK_BIG_ADVERTISER).count(), TIKTOK_BIG_PIXELS);
        assert!(world.pixels.iter().filter(|pixel| pixel.network == "tiktok").all(|pixel| pixel.code.len() == 20 && pixel.id.len() == 19));
        assert_eq!(world.ours("tiktok").count(), 2);
        assert!(world.pixels.iter().all(|pixel| world.account(pixel.network, &pixel.account).is_some()));
        assert_eq!(world.pixel("reddit", REDDIT_PIXEL).map(|pixel| pixel.name.as_str()), Some("Sample Game site"));
    }
}
