//! `[prices]`: what can be bought.

use serde_json::json;

use super::super::amounts::{Count, Number, Quantity};
use super::super::context::{Cx, wrong_type};
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Kind, List, Name, Text};
use super::super::shape::{Definitions, Shape};
use super::super::tree::{self, Node, Table, Value};
use super::outage::target;
use crate::diagnostics::Span;
use crate::model::purchase::{Line, LineOffer, Money, Price, Prices, ServerModel, Speed};
use crate::model::topology::Topology;
use crate::model::workload::{Target, Workload};

/// The highest price in units of the currency: sums of many stay exact.
const MOST: u64 = 1_000_000_000_000;

const ONCE: Key = ("once", "paid once, in units of the currency");
const A_YEAR: Key = ("a_year", "paid each year");
const FREE: &str = "nothing";

/// An amount of money: a number with two decimals at most.
struct Amount;

impl Amount {
    fn parse(text: &str) -> Option<Money> {
        let (whole, cents) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(cents) || cents.len() > 2 {
            return None;
        }
        let whole = whole.parse::<u64>().ok().filter(|whole| *whole <= MOST)?;
        let tenths = if cents.len() == 1 { 10 } else { 1 };
        Some(Money(whole * 100 + cents.parse::<u64>().ok()? * tenths))
    }
}

impl Shape for Amount {
    fn words(&self) -> String {
        "amount of money".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        definitions.named("money", |_| {
            json!({
                "anyOf": [
                    { "type": "number", "minimum": 0, "maximum": MOST },
                    { "type": "string", "pattern": "^\\s*[0-9]+(\\.[0-9]{1,2})?\\s*$" },
                ],
                "description": "Units of the currency, two decimals at most: 1200 or 19.90.",
            })
        })
    }
}

impl Kind for Amount {
    type Out = Money;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Money> {
        let text = match &node.value {
            Value::Integer(n) => n.to_string(),
            Value::Float(x) => x.to_string(),
            Value::Text(text) | Value::Cell(text) => text.clone(),
            _ => {
                wrong_type(cx, node, path, &self.expected());
                return None;
            }
        };
        let amount = Self::parse(&text);
        if amount.is_none() {
            cx.fault_help(
                "out-of-range",
                format!("`{path}` is no amount of money"),
                node.span,
                format!("found {text}"),
                format!(
                    "expected {}: digits, and a point before cents; `prices.currency` says which money",
                    self.expected()
                ),
            );
        }
        amount
    }
    fn show(&self, value: &Money) -> String {
        let (whole, cents) = (value.0 / 100, value.0 % 100);
        if cents == 0 { whole.to_string() } else { format!("{whole}.{cents:02}") }
    }
    fn expected(&self) -> String {
        "an amount such as 1200 or 19.90, at most a million millions".to_owned()
    }
}

/// `once` and `a_year` of a table.
fn price(cx: &mut Cx, fields: &mut Fields<'_>) -> Price {
    let once = fields.or(cx, ONCE, &Amount, Money(0), FREE);
    let a_year = fields.or(cx, A_YEAR, &Amount, Money(0), FREE);
    if !fields.has("once") && !fields.has("a_year") {
        fields.missing(cx, "once", "an amount such as 1200, or `a_year` is; what is owned needs no price");
    }
    Price { once, a_year }
}

/// A table of a price alone, left out: nothing.
fn priced(cx: &mut Cx, fields: &mut Fields<'_>, key: Key) -> Price {
    fields.table(cx, key).map_or_else(Price::default, |mut inner| {
        let price = price(cx, &mut inner);
        inner.finish(cx);
        price
    })
}

/// Reads `[prices]`.
pub(super) fn prices(
    cx: &mut Cx,
    root: &mut Fields<'_>,
    topology: &Topology,
    workload: &Workload,
) -> Option<Prices> {
    let fields = root.table(cx, ("prices", "what can be bought, for `casim plan` and `casim compare`"))?;
    cx.section("[prices]");
    let mut fields = fields.into_section();
    let currency = fields
        .require(cx, ("currency", "word of the money in which all prices are, such as \"EUR\""), &Name)
        .unwrap_or_default();
    let balancer = priced(cx, &mut fields, ("balancer", "price of the balancer of a site; of a pair twice"));
    let certificate_name = priced(cx, &mut fields, ("certificate_name", "price of a name in a certificate"));
    let mut servers: Vec<ServerModel> = Vec::new();
    for (table, span) in fields.elements(cx, ("server", "a server model")) {
        servers.push(server_model(cx, table, span));
    }
    let mut lines: Vec<LineOffer> = Vec::new();
    let offers = fields.elements(cx, ("line", "a speed at which lines can be had"));
    for (number, (table, span)) in offers.into_iter().enumerate() {
        lines.push(offer(cx, (number + 1, table, span), topology, workload));
    }
    fields.finish(cx);
    Some(Prices { currency, servers, lines, balancer, certificate_name })
}

fn server_model(cx: &mut Cx, table: &Table, span: Span) -> ServerModel {
    cx.section("[[prices.server]]");
    let name = tree::name_in("server", table).unwrap_or_default();
    let path = format!("prices.server.{}", tree::key(&name));
    cx.spans.note(path.clone(), span);
    let mut fields = Fields::new(table, span, path, "prices.server.*".to_owned());
    let name = fields.require(cx, ("name", "what the model is called"), &Name).unwrap_or_default();
    let cores = fields.require(cx, ("cores", "of each machine"), &Count::CORES).unwrap_or(1);
    let rate = fields.read(
        cx,
        ("specint_rate", "SPECint_rate2006 result of the machine, in place of `mhz`, as in a site's `cas`"),
        &Number { min: 0.0, closed: false, max: 1e6 },
    );
    let mhz = fields.read(
        cx,
        ("mhz", "clock of a core; left out as `specint_rate`, a core is as fast as those that are there"),
        &Quantity::CLOCK,
    );
    if let (Some(_), Some(entry)) = (rate, fields.entry("mhz")) {
        cx.fault_help(
            "contradiction",
            format!("`{}` has both `specint_rate` and `mhz`", fields.path),
            entry.key_span,
            "each of them says how fast a core is",
            "leave one of them out",
        );
    }
    let speed = match (rate, mhz) {
        (Some(rate), _) => Speed::SpecintRate(rate),
        (None, Some(mhz)) => Speed::Mhz(mhz),
        (None, None) => Speed::Same,
    };
    let own = price(cx, &mut fields);
    let licences = priced(cx, &mut fields, ("licences", "price of the licences of a machine"));
    fields.finish(cx);
    ServerModel { name, cores: u32::try_from(cores).unwrap_or(1), speed, price: own, licences }
}

fn offer(
    cx: &mut Cx,
    (number, table, span): (usize, &Table, Span),
    topology: &Topology,
    workload: &Workload,
) -> LineOffer {
    cx.section("[[prices.line]]");
    let path = format!("prices.line.{number}");
    cx.spans.note(path.clone(), span);
    let mut fields = Fields::new(table, span, path, "prices.line.*".to_owned());
    let names = fields.require(
        cx,
        ("of", "the lines that can be had at this speed: `link.NAME`, `site.NAME.internet`"),
        &List(Text),
    );
    let place = fields.entry("of").map_or(span, |entry| entry.node.span);
    let mut of = Vec::new();
    for name in names.unwrap_or_default() {
        match target(cx, &name, place, topology, workload) {
            Some(Target::Link(id)) => of.push(Line::Link(id)),
            Some(Target::Pipe(site)) => of.push(Line::Internet(site)),
            Some(_) => cx.fault_help(
                "unknown-name",
                format!("`{name}` is no line"),
                place,
                "expected a link or the Internet connection of a site",
                "for example \"link.Amsterdam-Boston\" or \"site.Boston.internet\"",
            ),
            None => {}
        }
    }
    let bandwidth =
        fields.require(cx, ("bandwidth", "of each direction"), &Quantity::BANDWIDTH).unwrap_or(1e6);
    let price = price(cx, &mut fields);
    fields.finish(cx);
    LineOffer { of, bandwidth, price }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_to_the_cent() {
        for (text, cents) in
            [("12", Some(1200)), ("19.9", Some(1990)), ("0.05", Some(5)), (" 7.25 ", Some(725))]
        {
            assert_eq!(Amount::parse(text).map(|money| money.0), cents, "{text}");
        }
        for text in ["-1", "1.234", "1,000", "1e3", "", ".5", "5.", "2000000000000"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }
}
