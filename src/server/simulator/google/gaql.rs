//! As much of the Google Ads Query Language as a list needs: SELECT, FROM, WHERE with `=` and `>`, ORDER BY one field, LIMIT.

use serde_json::{Map, Value};

pub struct Query<'a> {
    pub fields: Vec<&'a str>,
    pub from: &'a str,
    conditions: Vec<(&'a str, bool, &'a str)>,
    order: Option<&'a str>,
    limit: usize,
}

/// Why a query is none, as the API words it.
pub struct BadQuery(pub &'static str, pub String);

impl<'a> Query<'a> {
    pub fn parse(text: &'a str) -> Result<Self, BadQuery> {
        let bad = || BadQuery("UNEXPECTED_INPUT", format!("Error in query: unexpected input {text}."));
        let rest = text.trim().strip_prefix("SELECT ").ok_or_else(bad)?;
        let (fields, rest) = rest.split_once(" FROM ").ok_or_else(bad)?;
        let (rest, limit) = rest.split_once(" LIMIT ").unwrap_or((rest, "10000"));
        let (rest, order) = rest.split_once(" ORDER BY ").map_or((rest, None), |(rest, order)| (rest, Some(order.trim())));
        let (from, conditions) = rest.split_once(" WHERE ").map_or((rest, ""), |(from, conditions)| (from, conditions));
        let condition = |text: &'a str| {
            let (field, greater, literal) = match (text.split_once(" = "), text.split_once(" > ")) {
                (Some((field, literal)), None) => (field, false, literal),
                (None, Some((field, literal))) => (field, true, literal),
                _ => return Err(bad()),
            };
            Ok((field.trim(), greater, literal.trim().trim_matches('\'')))
        };
        let parts = conditions.split(" AND ").map(str::trim).filter(|text| !text.is_empty());
        Ok(Self {
            fields: fields.split(',').map(str::trim).collect(),
            from: from.trim(),
            conditions: parts.map(condition).collect::<Result<_, _>>()?,
            order,
            limit: limit.trim().parse().map_err(|_| bad())?,
        })
    }

    /// The rows that it asks for, of all; `known` are the fields of the resource.
    pub fn run(&self, all: Vec<Map<String, Value>>, known: &[&str]) -> Result<Vec<Value>, BadQuery> {
        let named = self.fields.iter().copied().chain(self.conditions.iter().map(|(field, ..)| *field)).chain(self.order);
        if let Some(field) = named.into_iter().find(|field| !known.contains(field)) {
            return Err(BadQuery("UNRECOGNIZED_FIELD", format!("Unrecognized field in the query: '{field}'.")));
        }
        let mut rows: Vec<Map<String, Value>> = all.into_iter().filter(|row| self.conditions.iter().all(|one| fits(row, *one))).collect();
        if let Some(order) = self.order {
            rows.sort_by_key(|row| number(&row[order]));
        }
        Ok(rows.into_iter().take(self.limit).map(|row| shown(&row, &self.fields)).collect())
    }
}

fn fits(row: &Map<String, Value>, (field, greater, literal): (&str, bool, &str)) -> bool {
    match greater {
        true => number(&row[field]) > literal.parse().ok(),
        false => row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned) == literal,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// `customer_client.descriptive_name` as `{"customerClient":{"descriptiveName":…}}`
fn shown(row: &Map<String, Value>, fields: &[&str]) -> Value {
    let mut object = Value::Object(Map::new());
    for field in fields {
        let mut place = &mut object;
        for part in field.split('.') {
            place = &mut place[camel(part)];
        }
        *place = row[*field].clone();
    }
    object
}

fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part[..1].to_uppercase() + &part[1..])
}
