//! The document around every page, and the table of pages.

use super::account::AccountPage;
use super::audit::{log::AuditPage, receipt::ReceiptPage};
use super::games::GamesPage;
use super::general::GeneralPage;
use super::goals::archive::ArchiveGoalPage;
use super::goals::goal::GoalPage;
use super::goals::list::GoalsPage;
use super::goals::new::NewGoalPage;
use super::integrations::{
    attempt::AttemptRoute, disconnect::DisconnectPage, list::IntegrationsPage, network::NetworkPage, not_sent::NotSentRoute,
    pick::PickPage, send_now::SendNowPage,
};
use super::keys::KeysPage;
use super::keys::carried::RemovePage;
use super::keys::rotate::RotatePage;
use super::layout::GameFrame;
use super::overview::OverviewPage;
use super::pixel::PixelPage;
use super::players::{PlayersPage, erase::ErasePage, player::PlayerPage};
use super::problem::Problem;
use super::resend::{job::ResendPage, one::ResendOnePage, question::ResendQuestionPage};
use super::setup::SetupPage;
use super::sign_in::SignInPage;
use super::visit;
use crate::error::AppError;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::SsrMode::Async;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

const IDLE: &str = include_str!("idle.js");

/// The whole document. Pages are plain HTML; only islands are brought alive.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let stylesheet = options.css_path();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=visit::theme().map(|theme| theme.word())>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=stylesheet/>
                <script nonce=use_nonce()>{IDLE}</script>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <super::components::Sprite/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Postbacks".to_owned() } else { format!("{title} · Postbacks") }/>
        <Router>
            <Routes fallback=|| view! { <Problem error=AppError::NotFound/> }>
                <Route path=path!("/") view=Home ssr=Async/>
                <Route path=path!("/setup") view=SetupPage ssr=Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=Async/>
                <Route path=path!("/account") view=AccountPage ssr=Async/>
                <Route path=path!("/games") view=GamesPage ssr=Async/>
                <ParentRoute path=path!("/games/:slug") view=GameFrame ssr=Async>
                    <Route path=path!("") view=OverviewPage ssr=Async/>
                    <Route path=path!("players") view=PlayersPage ssr=Async/>
                    <Route path=path!("players/:id") view=PlayerPage ssr=Async/>
                    <Route path=path!("players/:id/erase") view=ErasePage ssr=Async/>
                    <Route path=path!("settings/general") view=GeneralPage ssr=Async/>
                    <Route path=path!("settings/integrations") view=IntegrationsPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network") view=NetworkPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/connect") view=PickPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/disconnect") view=DisconnectPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/not-sent") view=NotSentRoute ssr=Async/>
                    <Route path=path!("settings/integrations/:network/not-sent/send") view=SendNowPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/attempts/:id") view=AttemptRoute ssr=Async/>
                    <Route path=path!("settings/integrations/:network/attempts/:id/resend") view=ResendOnePage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/resend") view=ResendQuestionPage ssr=Async/>
                    <Route path=path!("settings/integrations/:network/resends/:id") view=ResendPage ssr=Async/>
                    <Route path=path!("settings/goals") view=GoalsPage ssr=Async/>
                    <Route path=path!("settings/goals/new") view=NewGoalPage ssr=Async/>
                    <Route path=path!("settings/goals/:id") view=GoalPage ssr=Async/>
                    <Route path=path!("settings/goals/:id/archive") view=ArchiveGoalPage ssr=Async/>
                    <Route path=path!("settings/api-keys") view=KeysPage ssr=Async/>
                    <Route path=path!("settings/api-keys/rotate/:kind") view=RotatePage ssr=Async/>
                    <Route path=path!("settings/api-keys/carried/remove") view=RemovePage ssr=Async/>
                    <Route path=path!("settings/pixel") view=PixelPage ssr=Async/>
                    <Route path=path!("settings/audit-log") view=AuditPage ssr=Async/>
                    <Route path=path!("settings/audit-log/erasures/:trace") view=ReceiptPage ssr=Async/>
                    <Route path=path!("*any") view=|| view! { <Problem error=AppError::NotFound/> } ssr=Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// The games are home; who is not signed in is sent on from there.
#[component]
fn Home() -> impl IntoView {
    visit::go_to("/games")
}
