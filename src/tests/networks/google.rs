//! From Google's consent page to a conversion under its action.

use super::*;
use crate::model::action::ActionState;
use crate::server::networks::contract::Action;

/// As `google`, over the import of the Google Ads API.
pub fn over_the_import() -> (&'static dyn Network, Destination) {
    (networks::over("google", Some("ads_api")).unwrap(), google().1)
}

impl Played {
    async fn access(&self, network: &dyn Network, token: &Token) -> Token {
        let request = network.refresh().unwrap().refresh(&self.settings, &token.secret).unwrap();
        let access = network.refresh().unwrap().read_refresh(&self.answer(&request).await, crate::server::now()).unwrap();
        Token { secret: access.token, ..token.clone() }
    }

    async fn actions(&self, network: &dyn Network, of: &Destination) -> Vec<Action> {
        let (mut list, mut cursor) = (vec![], None);
        loop {
            let request = network.actions().unwrap().list(&self.settings, of, cursor.as_deref());
            let page = network.actions().unwrap().read_list(&self.answer(&request).await).unwrap();
            list.extend(page.list);
            cursor = page.next;
            if cursor.is_none() {
                return list;
            }
        }
    }
}

const BOTH_BOXES: [(&str, &str); 2] =
    [("grant", "https://www.googleapis.com/auth/datamanager"), ("grant", "https://www.googleapis.com/auth/adwords")];

#[tokio::test]
async fn google_is_connected_through_a_manager_to_its_conversion_actions() {
    let played = Played::start().await;
    let (network, _) = google();
    let oauth = network.oauth().unwrap();
    for (boxes, missing) in [(&BOTH_BOXES[..1], "Google Ads"), (&BOTH_BOXES[1..], "Data Manager"), (&[], "Data Manager")] {
        match played.token(oauth, boxes).await {
            Err(ConnectError::NoAccess { words, .. }) => assert!(words.contains(missing), "{words}"),
            other => panic!("{other:?}"),
        }
    }
    let token = played.token(oauth, &BOTH_BOXES).await.unwrap();
    assert_eq!((token.holder.as_deref(), token.expires_at), (Some(world::GOOGLE_PERSON), None));
    let testing = played.token(oauth, &[&BOTH_BOXES[..], &[("testing", "1")]].concat()).await.unwrap();
    assert!(testing.expires_at.is_some_and(|at| at <= crate::server::now() + 7 * crate::model::DAY));

    let access = played.access(network, &token).await;
    let accounts = played.accounts(oauth, &access).await;
    let direct = [world::GOOGLE_CUSTOMER, world::GOOGLE_UNTRACKED_CUSTOMER, world::GOOGLE_NO_TERMS_CUSTOMER, world::GOOGLE_SHARED_CUSTOMER];
    assert_eq!(ids(&accounts), [&direct[..], &[world::GOOGLE_DIRECT_CUSTOMER]].concat());
    let through: Vec<_> = accounts.iter().map(|account| account.through.as_deref()).collect();
    assert_eq!(
        through,
        [Some(world::GOOGLE_MANAGER), Some(world::GOOGLE_MANAGER), Some(world::GOOGLE_MANAGER), Some(world::GOOGLE_MANAGER), None]
    );

    let mut found = vec![];
    for account in &accounts {
        let request = oauth.targets(&played.settings, &access.secret, account, None).unwrap();
        let read = oauth.read_targets(account, None, &played.answer(&request).await);
        found.push(read.map(|choices| choices.list[0].id.clone()).map_err(|error| error.to_string()));
    }
    assert_eq!(found[0].as_deref(), Ok(world::GOOGLE_CUSTOMER));
    assert!(found[1].as_ref().is_err_and(|words| words.contains("tracks no conversions yet")), "{found:?}");
    assert!(found[2].as_ref().is_err_and(|words| words.contains("terms are not accepted")), "{found:?}");
    assert_eq!(found[3].as_deref(), Ok(world::GOOGLE_MANAGER));
    assert_eq!(found[4].as_deref(), Ok(world::GOOGLE_DIRECT_CUSTOMER));

    let of = |account: usize, target: &str| Destination {
        account_id: Some(accounts[account].id.clone()),
        through: accounts[account].through.clone(),
        token: access.secret.clone(),
        pasted: false,
        ..to(target, "")
    };
    let list = played.actions(network, &of(0, world::GOOGLE_CUSTOMER)).await;
    let state = |id: &str| list.iter().find(|action| action.id == id).map(|action| (action.state, action.window_days));
    assert_eq!(state(world::GOOGLE_PURCHASE_ACTION), Some((ActionState::Usable, Some(90))));
    assert_eq!(state(world::GOOGLE_SHORT_ACTION), Some((ActionState::Usable, Some(7))));
    assert_eq!(state(world::GOOGLE_HIDDEN_ACTION), Some((ActionState::Off, Some(90))));
    assert_eq!(state(world::GOOGLE_WEBPAGE_ACTION).map(|(state, _)| state), Some(ActionState::OtherKind));
    assert_eq!(played.actions(network, &of(4, world::GOOGLE_DIRECT_CUSTOMER)).await.len(), world::GOOGLE_BIG_ACTIONS);

    let under = |action: &str| Event { action: Some(action.into()), ..event(network, "purchase") };
    for (account, target, action) in
        [(0, world::GOOGLE_CUSTOMER, world::GOOGLE_SHORT_ACTION), (3, world::GOOGLE_MANAGER, world::GOOGLE_SHARED_ACTION)]
    {
        let (verdict, words) = played.sent(network, &of(account, target), &[under(action)]).await;
        assert_eq!(verdict, Events::All(Outcome::Accepted { note: None }), "{words}");
    }
    let customer = of(0, world::GOOGLE_CUSTOMER);
    let young = played.sent(network, &customer, &[under(world::GOOGLE_YOUNG_ACTION), under(world::GOOGLE_YOUNG_ACTION)]).await.0;
    assert_eq!(young, Events::All(Outcome::Transient { wait: Some(6 * crate::model::HOUR), unknown: false }));
    for wrong in [world::GOOGLE_HIDDEN_ACTION, world::GOOGLE_WEBPAGE_ACTION, world::GOOGLE_FOREIGN_ACTION] {
        assert_eq!(played.sent(network, &customer, &[under(wrong), under(wrong)]).await.0, Events::All(Outcome::Payload), "{wrong}");
    }
    let no_terms = played.sent(network, &of(2, world::GOOGLE_NO_TERMS_CUSTOMER), &[under("1")]).await.0;
    assert_eq!(no_terms, Events::All(Outcome::Permission));

    let kept = Destination { token: token.secret.clone(), ..customer.clone() };
    assert_eq!(played.answer(&oauth.revoke(&played.settings, &kept).unwrap()).await.status, 200);
    assert_eq!(played.sent(network, &customer, &[event(network, "purchase")]).await.0, Events::All(Outcome::Credentials));
    let refresh = network.refresh().unwrap().refresh(&played.settings, &token.secret).unwrap();
    let refused = network.refresh().unwrap().read_refresh(&played.answer(&refresh).await, 0).unwrap_err();
    assert!(matches!(&refused, ConnectError::Refused { code: Some(code), .. } if code == "invalid_grant"), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_fit_for_google_would_be_refused() {
    let played = Played::start().await;
    for (network, to) in [google(), over_the_import()] {
        let nobody = Event { click: None, email: None, phone: None, ..event(network, "purchase") };
        assert!(network.unfit(&nobody).is_some());
        assert_eq!(played.sent(network, &to, &[nobody]).await.0, Events::All(Outcome::Payload));
    }
}

#[tokio::test]
async fn the_import_rules_on_each_conversion_of_a_call() {
    let played = Played::start().await;
    let (network, to) = over_the_import();
    let under = |action: &str| Event { action: Some(action.into()), ..event(network, "purchase") };
    let good = under(world::GOOGLE_PURCHASE_ACTION);
    let foreign = under(world::GOOGLE_FOREIGN_ACTION);
    let young = under(world::GOOGLE_YOUNG_ACTION);
    let accepted = Outcome::Accepted { note: None };
    let later = Outcome::Transient { wait: Some(6 * crate::model::HOUR), unknown: false };
    let outcomes = |events: Events| match events {
        Events::Each(each) => each.into_iter().map(|ruling| ruling.outcome).collect::<Vec<_>>(),
        Events::All(one) => vec![one],
        other => panic!("{other:?}"),
    };
    let (first, _) = played.sent(network, &to, &[good.clone(), foreign.clone(), young]).await;
    assert_eq!(outcomes(first), [accepted.clone(), Outcome::Payload, later]);
    // What counted is known over both transports, and is no failure.
    let (again, words) = played.sent(network, &to, std::slice::from_ref(&good)).await;
    assert!(matches!(again, Events::All(Outcome::Accepted { note: Some(_) })), "{again:?} {words}");
    let fresh = under(world::GOOGLE_PURCHASE_ACTION);
    let (twice, _) = played.sent(network, &to, &[good, fresh]).await;
    assert!(matches!(&outcomes(twice)[..], [Outcome::Accepted { note: Some(_) }, Outcome::Accepted { note: None }]));
    for (kind, id) in [("wbraid", "W-1"), ("gbraid", "G-1")] {
        let mut app = under(world::GOOGLE_PURCHASE_ACTION);
        app.click.as_mut().unwrap().kind = kind.into();
        app.click.as_mut().unwrap().id = id.into();
        assert_eq!(outcomes(played.sent(network, &to, &[app]).await.0), std::slice::from_ref(&accepted));
    }
    // Through the manager its own actions, and directly those of an account that has none above it.
    let shared = Destination { target_id: world::GOOGLE_MANAGER.into(), ..to.clone() };
    assert_eq!(outcomes(played.sent(network, &shared, &[under(world::GOOGLE_SHARED_ACTION)]).await.0), [accepted]);
    let no_terms = Destination { target_id: world::GOOGLE_NO_TERMS_CUSTOMER.into(), ..to.clone() };
    assert!(outcomes(played.sent(network, &no_terms, &[foreign]).await.0).contains(&Outcome::Permission));
    let unreached = Destination { through: None, ..to };
    assert_eq!(played.sent(network, &unreached, &[under(world::GOOGLE_PURCHASE_ACTION)]).await.0, Events::All(Outcome::Permission));
}

#[tokio::test]
async fn the_import_may_be_closed_while_the_data_manager_is_open() {
    let played = Played::start().await;
    let fault =
        serde_json::json!({"network": "google", "on": "imports", "status": 200, "message": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"});
    let simulator = played.settings.plain("POSTBACKS_GOOGLE_ADS_URL").unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.post(format!("{simulator}/simulator/faults")).json(&fault).send().await.unwrap().status(), 201);
    let (network, to) = over_the_import();
    for events in [vec![event(network, "purchase")], (0..3).map(|_| event(network, "purchase")).collect()] {
        let (verdict, words) = played.sent(network, &to, &events).await;
        assert_eq!(verdict, Events::All(Outcome::Closed));
        assert!(words.contains("not allowlisted"), "{words}");
    }
    let (network, to) = google();
    assert_eq!(played.sent(network, &to, &[event(network, "purchase")]).await.0, Events::All(Outcome::Accepted { note: None }));
}
