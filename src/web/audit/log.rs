//! The log itself: filters, and a page of what was changed, newest first.

use super::api::read_audit;
use crate::model::audit::{Area, AuditFilter, AuditPage as Loaded, AuditQuery, AuditRow, By, NOBODY};
use crate::model::calendar;
use crate::model::integration::Page as Rows;
use crate::model::number::counted;
use crate::web::components::{Button, Crumb, Crumbs, Empty, Head, Pager, Section, SelectField, Table, TextField, Time};
use crate::web::page::{Page, param, query};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn AuditPage() -> impl IntoView {
    let game = param("slug");
    let asked = AuditQuery {
        from: query("from"),
        to: query("to"),
        what: query("what"),
        by: query("by"),
        older: query("older"),
        newer: query("newer"),
    };
    let load = read_audit(game.clone(), asked);
    view! { <Page title="Audit log" load draw=move |loaded| view! { <Audit loaded game/> }.into_any()/> }
}

#[component]
fn Audit(loaded: Loaded, game: String) -> impl IntoView {
    let Loaded { game_name, zone_name, filter, people, rows, unknown, masked } = loaded;
    let crumbs = vec![Crumb::link(game_name, format!("/games/{game}")), Crumb::here("Settings"), Crumb::here("Audit log")];
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "Audit log"/>
        <div class="stack loose">
            <Filters game=game.clone() filter=filter.clone() people zone_name/>
            {unknown.then(|| view! { <p class="small tone" data-tone="warn" role="status">"The address asked for a filter that does not exist. What it got right is shown."</p> })}
            <Section id="log" title="Changes" hint="Each change of this game’s people, and each erasure. Entries are kept for good.">
                <Log rows filter game/>
            </Section>
            {masked.then(|| view! { <p class="muted small">"Addresses are shown to the owners and admins of this game."</p> })}
        </div>
    }
}

#[component]
fn Filters(game: String, filter: AuditFilter, people: Vec<(Uuid, String)>, zone_name: String) -> impl IntoView {
    let day = |day: Option<i64>| day.map(calendar::day_text).unwrap_or_default();
    let areas = Area::ALL.iter().filter(|area| **area != Area::Person).map(|area| (area.word().to_owned(), area.label().to_owned()));
    let areas = std::iter::once((String::new(), "Everything".to_owned())).chain(areas).collect();
    let mut everybody = vec![(String::new(), "Everybody".to_owned())];
    everybody.extend(people.into_iter().map(|(id, name)| (id.to_string(), name)));
    everybody.push((NOBODY.to_owned(), "No person (keys, command line)".to_owned()));
    let by = match filter.by {
        None => String::new(),
        Some(By::Nobody) => NOBODY.to_owned(),
        Some(By::Person(id)) => id.to_string(),
    };
    let filtered = filter != AuditFilter::default();
    let clear = super::path(&game);
    view! {
        <form class="stack" method="get" action=super::path(&game)>
            <div class="fields">
                <TextField name="from" label="From" kind="date" value=day(filter.from)/>
                <TextField name="to" label="To" kind="date" value=day(filter.to)/>
                <SelectField name="what" label="About" options=areas value=filter.area.map_or("", Area::word)/>
                <SelectField name="by" label="By" options=everybody value=by/>
            </div>
            <div class="row">
                <Button text="Show"/>
                {filtered.then(|| view! { <a href=clear>"Show everything"</a> })}
                <span class="muted small">{format!("Days in {zone_name}.")}</span>
            </div>
        </form>
    }
}

#[component]
fn Log(rows: Rows<AuditRow>, filter: AuditFilter, game: String) -> impl IntoView {
    let Rows { rows, newer, older } = rows;
    if rows.is_empty() {
        let all = super::path(&game);
        return match filter == AuditFilter::default() {
            true => view! { <div class="card"><Empty title="Nothing was changed yet."><p>"Goals made, networks connected, keys rotated: what people change in this game is told here."</p></Empty></div> }.into_any(),
            false => view! {
                <div class="card"><Empty title="Nothing was changed that these filters show."><p>"Choose other days, or "<a href=all>"show everything"</a>"."</p></Empty></div>
            }
            .into_any(),
        };
    }
    let to = |side: &str, cursor: crate::model::filter::Cursor| {
        let query = filter.query();
        let and = if query.is_empty() { "" } else { "&" };
        format!("{}?{query}{and}{side}={cursor}#log", super::path(&game))
    };
    let (newer, older) = (newer.map(|cursor| to("newer", cursor)), older.map(|cursor| to("older", cursor)));
    let says = format!("{} shown, newest first", counted(i64::try_from(rows.len()).unwrap_or(0), "change", "changes"));
    let lines = rows.into_iter().map(|row| view! { <Line row game=game.clone()/> }).collect_view();
    view! {
        <div class="card flush">
            <Table caption="Changes, newest first" heads=vec![("Time", ""), ("Change", "")]>{lines}</Table>
            <Pager says newer older/>
        </div>
    }
    .into_any()
}

#[component]
fn Line(row: AuditRow, game: String) -> impl IntoView {
    let AuditRow { time, who, says, detail, erasure, .. } = row;
    let receipt = erasure.map(|trace| view! { " "<a href=super::receipt::path(&game, &trace)>"Open the receipt"</a> });
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><Time at=time/></td>
            <td role="cell" class="full">
                <strong>{super::who(&who)}</strong>" "{says}"."{receipt}
                {(!detail.is_empty()).then(|| view! { <p class="small muted wraps">{detail}</p> })}
            </td>
        </tr>
    }
}
