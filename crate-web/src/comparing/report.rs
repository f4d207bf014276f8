//! What a comparison says: charts, the tables behind them, and sentences. Text only; tested natively.

use overlay_core::draw::chart::{Bar, Head, Ink, Mark, Part, Series, Stop, bars, columns, curves, escaped, number};
use overlay_core::experiment::compare::{Lookups, Settings, StageResult, State, SystemResult};
use overlay_core::protocol::Purpose;

/// A chart with the numbers it draws.
pub struct Figure {
    /// Names its elements and files.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its picture.
    pub svg: String,
    /// Its numbers; the first row names the columns.
    pub rows: Vec<Vec<String>>,
}

type Both<'a> = &'a [SystemResult; 2];

/// A chart's place on the page: its id, its heading, and what helps to read it.
type Heading = (&'static str, &'static str, &'static str);

/// Charts that every comparison has.
pub const ALWAYS: [Heading; 5] = [
    (
        "hops",
        "Hops",
        "Dotted: about what theory expects, at most ⌈log N⌉ to the base 2^b in Pastry, ½ log2 N on average in Chord.",
    ),
    ("stretch", "Stretch", "Time along the hops over time straight to the owner, all lookups together."),
    ("latency", "Latency", "How many lookups have arrived after so many milliseconds."),
    ("state", "State of a node", "Entries in its tables, on average; of Chord’s fingers only different ones count."),
    ("messages", "Messages", "What lookups cost, and what keeping the tables true costs while nothing fails."),
];
/// Charts that need a kill.
pub const AFTER_KILL: [Heading; 4] = [
    ("stale", "Dead entries in the tables", "What survivors still take to be alive."),
    (
        "late",
        "Lookups slowed down",
        "Mean latency of those that arrived: whoever asks a dead node waits for a time-out.",
    ),
    ("failed", "Lookups that failed", "Never delivered, or delivered by a node that is not responsible."),
    (
        "repair",
        "What the repair cost",
        "Messages of a survivor in a minute to keep its tables true, before and after the kill.",
    ),
];

const SERIES: &[Series<'static>] =
    &[Series { name: "Pastry", ink: Ink::Pastry }, Series { name: "Chord", ink: Ink::Chord }];

/// All charts of a comparison as far as it has come.
#[must_use]
pub fn figures(both: Both<'_>, settings: &Settings) -> Vec<Figure> {
    let mut all = vec![hops(both, settings), stretch(both), latency(both), state(both), messages(both)];
    if settings.killed() > 0 {
        all.extend([stale(both), late(both), failed(both), repair(both)]);
    }
    all
}

fn percent(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 }
}

fn row<const N: usize>(cells: [String; N]) -> Vec<String> {
    cells.into()
}

fn heads<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).into()
}

/// Smallest whole h with base^h ≥ nodes.
fn ceil_log(nodes: u32, base: u64) -> u32 {
    let (mut power, mut exponent) = (1_u64, 0);
    while power < u64::from(nodes) {
        power *= base;
        exponent += 1;
    }
    exponent
}

fn hops(both: Both<'_>, settings: &Settings) -> Figure {
    let of = |system: usize, hops: usize| both[system].before.lookups.by_hops.get(hops).copied().unwrap_or(0);
    let most = both.iter().map(|result| result.before.lookups.most_hops()).max().unwrap_or(0);
    let delivered = [0, 1].map(|system| both[system].before.lookups.delivered());
    let base = settings.digits.base() as u64;
    let bound = ceil_log(settings.nodes, base);
    let half_log = f64::from(settings.nodes).log2() / 2.0;
    let marks = [
        Mark { at: f64::from(bound), label: format!("⌈log{base} N⌉ = {bound}"), series: 0 },
        Mark { at: half_log, label: format!("½ log2 N = {}", number(half_log)), series: 1 },
    ];
    let mut rows = vec![heads(["Hops", "Pastry", "Pastry, %", "Chord", "Chord, %"])];
    let (mut values, mut stops) = (Vec::new(), Vec::new());
    for h in 0..=most {
        let counts = [of(0, h), of(1, h)];
        let shares = [percent(counts[0], delivered[0]), percent(counts[1], delivered[1])];
        values.push(shares);
        let word = if h == 1 { "hop" } else { "hops" };
        let reading = format!("{h} {word}: Pastry {} %, Chord {} %", number(shares[0]), number(shares[1]));
        stops.push(Stop { at: h as f64, reading });
        let [pastry, chord] = counts.map(|count| count.to_string());
        rows.push(row([h.to_string(), pastry, number(shares[0]), chord, number(shares[1])]));
    }
    let head = Head { title: "Hops of a lookup", x: "hops from origin to owner", y: "% of lookups", series: SERIES };
    Figure { id: "hops", title: "Hops", svg: columns(&head, 0, &values, &marks, &stops), rows }
}

/// Shares of the lookups that had arrived by so many points of time, the last of which all had.
const LATENCY_STEPS: usize = 40;

fn latency(both: Both<'_>) -> Figure {
    let sorted = [0, 1].map(|system| {
        let mut all: Vec<u32> = both[system].before.lookups.latencies_us.clone();
        all.sort_unstable();
        all
    });
    // A few stragglers must not squeeze the rest: the axis ends a little beyond the 99th percentile of the slower.
    let p99 = sorted.iter().map(|all| all.get(all.len() * 99 / 100).copied().unwrap_or(0)).max().unwrap_or(0);
    let last = sorted.iter().filter_map(|all| all.last().copied()).max().unwrap_or(0);
    let whole = f64::from(last.min(p99.saturating_add(p99 / 8))).max(1_000.0) / 1e3;
    let mut rows = vec![heads(["Milliseconds", "Pastry arrived, %", "Chord arrived, %"])];
    let mut points = [Vec::new(), Vec::new()];
    let mut stops = Vec::new();
    for step in 0..=LATENCY_STEPS {
        let at = whole * step as f64 / LATENCY_STEPS as f64;
        let micros = (at * 1e3) as u32;
        let shares = [0, 1].map(|system: usize| {
            let started = both[system].before.lookups.started;
            percent(sorted[system].partition_point(|took| *took <= micros) as u64, started)
        });
        points.iter_mut().zip(shares).for_each(|(points, share)| points.push((at, share)));
        let (ms, [pastry, chord]) = (number(at.round()), shares.map(number));
        stops.push(Stop { at, reading: format!("After {ms} ms: Pastry {pastry} %, Chord {chord} % arrived") });
        rows.push(row([number(at), pastry, chord]));
    }
    let head = Head { title: "Latency of lookups", x: "milliseconds", y: "% of lookups arrived", series: SERIES };
    let svg = curves(&head, &[&points[0], &points[1]], 100.0, &stops);
    Figure { id: "latency", title: "Latency", svg, rows }
}

/// A chart of one bar for each system.
fn two_bars(
    id: &'static str,
    title: &'static str,
    both: Both<'_>,
    unit: Option<(f64, &str)>,
    what: &str,
    value: impl Fn(&SystemResult) -> f64,
) -> Figure {
    let mut rows = vec![heads(["System", what])];
    let mut list = Vec::new();
    for (series, result) in both.iter().enumerate() {
        let (name, text) = (result.system.name(), number(value(result)));
        list.push(Bar {
            name: name.into(),
            series,
            parts: vec![Part { name: what.into(), value: value(result) }],
            reading: format!("{name}: {text} {what}"),
            value: text.clone(),
        });
        rows.push(row([name.into(), text]));
    }
    Figure { id, title, svg: bars(title, &list, unit), rows }
}

fn stretch(both: Both<'_>) -> Figure {
    let what = "times the direct way";
    two_bars("stretch", "Stretch", both, Some((1.0, "the direct way")), what, |r| r.before.lookups.stretch())
}

fn messages(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["System", "Hops a lookup", "Acknowledgements a lookup", "Upkeep a node and minute"])];
    let mut list = Vec::new();
    for (series, result) in both.iter().enumerate() {
        let name = result.system.name();
        let a_lookup = |purpose| {
            let sent = result.before.messages.sent_for(purpose) as f64;
            sent / result.before.lookups.started.max(1) as f64
        };
        let (route, acks) = (a_lookup(Purpose::Route), a_lookup(Purpose::Acknowledgement));
        let parts =
            vec![Part { name: "hops".into(), value: route }, Part { name: "acknowledgements".into(), value: acks }];
        let reading = format!("{name}, a lookup: {} hops and {} acknowledgements", number(route), number(acks));
        let value = number(route + acks);
        list.push(Bar { name: format!("{name}, a lookup"), series, parts, value, reading });
        rows.push(row([name.into(), number(route), number(acks), number(result.updates_a_minute())]));
    }
    for (series, result) in both.iter().enumerate() {
        let (name, upkeep) = (result.system.name(), result.updates_a_minute());
        list.push(Bar {
            name: format!("{name}, upkeep of a node in a minute"),
            series,
            parts: vec![Part { name: "upkeep".into(), value: upkeep }],
            value: number(upkeep),
            reading: format!("{name}: {} messages a minute and node keep the tables true", number(upkeep)),
        });
    }
    Figure { id: "messages", title: "Messages", svg: bars("Messages", &list, None), rows }
}

fn state(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["System", "Table", "Entries a node"])];
    let mut list = Vec::new();
    for (series, result) in both.iter().enumerate() {
        let name = result.system.name();
        let named = State::names(result.system).into_iter().zip(result.state.means());
        let parts: Vec<Part> = named.map(|(name, value)| Part { name: name.into(), value }).collect();
        let words: Vec<String> = parts.iter().map(|part| format!("{} {}", part.name, number(part.value))).collect();
        for part in &parts {
            rows.push(row([name.into(), part.name.clone(), number(part.value)]));
        }
        list.push(Bar {
            name: name.into(),
            series,
            parts,
            value: number(result.state.mean()),
            reading: format!("{name}: {}", words.join(", ")),
        });
    }
    Figure { id: "state", title: "State of a node", svg: bars("Entries in the tables of a node", &list, None), rows }
}

fn stale(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["Seconds after the kill", "Pastry dead, %", "Chord dead, %"])];
    let mut points = [Vec::new(), Vec::new()];
    let mut stops = Vec::new();
    for (pastry, chord) in both[0].stale.iter().zip(&both[1].stale) {
        let at = pastry.after.0 as f64 / 1e6;
        let shares = [pastry, chord].map(|stale| stale.share() * 100.0);
        points.iter_mut().zip(shares).for_each(|(points, share)| points.push((at, share)));
        let [pastry, chord] = shares.map(number);
        let reading = format!("{} s after the kill: Pastry {pastry} %, Chord {chord} % dead", number(at));
        stops.push(Stop { at, reading });
        rows.push(row([number(at), pastry, chord]));
    }
    let head = Head {
        title: "Dead entries in the tables of survivors",
        x: "seconds after the kill",
        y: "% of what survivors know is dead",
        series: SERIES,
    };
    let svg = curves(&head, &[&points[0], &points[1]], 1.0, &stops);
    Figure { id: "stale", title: AFTER_KILL[0].1, svg, rows }
}

const STAGES: [&str; 3] = ["before the kill", "while repairing", "after the repair"];

fn stages(result: &SystemResult) -> [&StageResult; 3] {
    [&result.before, &result.repairing, &result.after]
}

fn failed(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["System", "When", "Lookups", "Lost", "Wrong node", "Failed, %"])];
    let mut list = Vec::new();
    for (place, when) in STAGES.into_iter().enumerate().skip(1) {
        for (series, result) in both.iter().enumerate() {
            let lookups = &stages(result)[place].lookups;
            let share = |count| percent(count, lookups.started);
            let (lost, wrong) = (share(lookups.missing), share(lookups.wrong));
            let name = result.system.name();
            list.push(Bar {
                name: format!("{name}, {when}"),
                series,
                parts: vec![
                    Part { name: "lost".into(), value: lost },
                    Part { name: "wrong node".into(), value: wrong },
                ],
                value: format!("{} %", number(lost + wrong)),
                reading: format!(
                    "{name}, {when}: of {} lookups {} lost, {} at the wrong node",
                    lookups.started, lookups.missing, lookups.wrong
                ),
            });
        }
    }
    for (place, when) in STAGES.into_iter().enumerate() {
        for result in both {
            let Lookups { started, missing, wrong, .. } = &stages(result)[place].lookups;
            let [a, b, c] = [started, missing, wrong].map(ToString::to_string);
            let share = number(percent(missing + wrong, *started));
            rows.push(row([result.system.name().into(), when.into(), a, b, c, share]));
        }
    }
    Figure { id: "failed", title: AFTER_KILL[2].1, svg: bars("Lookups that failed", &list, None), rows }
}

fn late(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["System", "When", "Mean latency, ms"])];
    let mut list = Vec::new();
    for (place, when) in STAGES.into_iter().enumerate() {
        for (series, result) in both.iter().enumerate() {
            let name = result.system.name();
            let mean = stages(result)[place].lookups.mean_latency_ms();
            let text = number(mean.round());
            rows.push(row([name.into(), when.into(), number(mean)]));
            list.push(Bar {
                name: format!("{name}, {when}"),
                series,
                parts: vec![Part { name: "latency".into(), value: mean }],
                value: format!("{text} ms"),
                reading: format!("{name}, {when}: {text} ms on average"),
            });
        }
    }
    Figure { id: "late", title: AFTER_KILL[1].1, svg: bars("Mean latency of lookups", &list, None), rows }
}

fn repair(both: Both<'_>) -> Figure {
    let mut rows = vec![heads(["System", "When", "Messages a node and minute"])];
    let mut list = Vec::new();
    for (place, when) in STAGES.into_iter().enumerate() {
        for (series, result) in both.iter().enumerate() {
            let name = result.system.name();
            let [before, repairing, after] = result.updates_by_stage();
            let value = [before, repairing, after][place];
            let text = number(value);
            rows.push(row([name.into(), when.into(), text.clone()]));
            list.push(Bar {
                name: format!("{name}, {when}"),
                series,
                parts: vec![Part { name: "updates".into(), value }],
                reading: format!("{name}, {when}: {text} messages a node and minute"),
                value: text,
            });
        }
    }
    Figure { id: "repair", title: AFTER_KILL[3].1, svg: bars("Messages that keep tables true", &list, None), rows }
}

/// The summary: name, Pastry, Chord.
#[must_use]
pub fn summary(both: Both<'_>, settings: &Settings) -> Vec<Vec<String>> {
    let mut rows = vec![heads(["Measure", "Pastry", "Chord"])];
    let mut add = |name: &str, value: &dyn Fn(&SystemResult) -> String| {
        rows.push(row([name.into(), value(&both[0]), value(&both[1])]));
    };
    let before = |result: &SystemResult| result.before.lookups.clone();
    let quantile = |percent: u32| move |r: &SystemResult| number(r.before.lookups.latency_quantiles_ms([percent])[0]);
    add("Lookups", &|r| number(before(r).started as f64));
    add("Delivered to the right node", &|r| number(before(r).delivered() as f64));
    add("Delivered to a wrong node", &|r| number(before(r).wrong as f64));
    add("Lost", &|r| number(before(r).missing as f64));
    add("Hops, mean", &|r| number(before(r).mean_hops()));
    add("Hops, most", &|r| number(before(r).most_hops() as f64));
    add("Latency, mean, ms", &|r| number(before(r).mean_latency_ms()));
    add("Latency, median, ms", &quantile(50));
    add("Latency, 99 %, ms", &quantile(99));
    add("Stretch", &|r| number(before(r).stretch()));
    add("Messages a lookup", &|r| number(r.row().messages));
    add("Upkeep, messages a node and minute", &|r| number(r.updates_a_minute()));
    add("Entries a node", &|r| number(r.state.mean()));
    add("Bytes a node", &|r| number((r.state.bytes as f64 / r.state.nodes.max(1) as f64).round()));
    if settings.killed() > 0 {
        let failed = |stage: &StageResult| number((stage.lookups.missing + stage.lookups.wrong) as f64);
        let stale = |stale: Option<f64>| stale.map_or_else(|| "·".into(), |share| number(share * 100.0));
        add("Nodes killed", &|r| number(f64::from(r.killed)));
        add("Lookups while repairing", &|r| number(r.repairing.lookups.started as f64));
        add("Of these failed", &|r| failed(&r.repairing));
        add("Their latency, mean, ms", &|r| number(r.repairing.lookups.mean_latency_ms()));
        add("Lookups after the repair", &|r| number(r.after.lookups.started as f64));
        add("Of these failed", &|r| failed(&r.after));
        add("Dead entries at the kill, %", &|r| stale(r.stale.first().map(|s| s.share())));
        add("Dead entries at the end, %", &|r| stale(r.stale.last().map(|s| s.share())));
        add("Messages of the repair", &|r| number(r.repair_messages().round()));
        add("Messages of the repair, a node killed", &|r| number(r.repair_messages() / f64::from(r.killed.max(1))));
    }
    rows
}

/// What one learns, in sentences.
#[must_use]
pub fn lessons(both: Both<'_>, settings: &Settings) -> Vec<String> {
    let [p, c] = [&both[0].before.lookups, &both[1].before.lookups];
    if p.delivered() == 0 || c.delivered() == 0 {
        return vec!["No lookup has arrived yet in both systems.".into()];
    }
    let hops = [p, c].map(|lookups| number(lookups.mean_hops()));
    let failed = [p, c].map(|lookups| lookups.wrong + lookups.missing);
    let verdict = match failed {
        [0, 0] => "both delivered every lookup to the right node".to_string(),
        [a, b] => format!("{} of Pastry’s and {} of Chord’s lookups failed", number(a as f64), number(b as f64)),
    };
    let latency = [p, c].map(|lookups| number(lookups.mean_latency_ms().round()));
    let stretch = [p, c].map(|lookups| number(lookups.stretch()));
    let state = [0, 1].map(|at: usize| number(both[at].state.mean().round()));
    let upkeep = [0, 1].map(|at: usize| number(both[at].updates_a_minute().round()));
    let mut said = vec![
        format!("Pastry needed {} hops where Chord needed {}; {verdict}.", hops[0], hops[1]),
        format!(
            "A lookup took {} ms in Pastry and {} ms in Chord: {} and {} times the direct way. Among the nodes that fit an \
             entry Pastry keeps a near one; a finger of Chord is whatever node comes next on the ring.",
            latency[0], latency[1], stretch[0], stretch[1]
        ),
        format!(
            "For this a node of Pastry keeps {} entries and one of Chord {}, and sends {} and {} messages a minute to keep \
             them true.",
            state[0], state[1], upkeep[0], upkeep[1]
        ),
    ];
    said.extend(lesson_of_the_kill(both, settings));
    said
}

fn lesson_of_the_kill(both: Both<'_>, settings: &Settings) -> Option<String> {
    let killed = both[0].killed;
    let started = both[0].repairing.lookups.started;
    if killed == 0 || started == 0 {
        return None;
    }
    let failed = [0, 1].map(|at: usize| {
        let lookups = &both[at].repairing.lookups;
        number(percent(lookups.wrong + lookups.missing, lookups.started))
    });
    let late = [0, 1].map(|at: usize| number(both[at].repairing.lookups.mean_latency_ms().round()));
    let cost = [0, 1].map(|at: usize| both[at].updates_by_stage());
    let [pastry, chord] =
        cost.map(|[before, repairing, _]| format!("{} to {}", number(before.round()), number(repairing.round())));
    let stale = [0, 1].map(|at: usize| both[at].stale.last().map_or_else(String::new, |s| number(s.share() * 100.0)));
    let seconds = number(settings.upkeep.0 as f64 * 2.0 / 1e6);
    Some(format!(
        "Then {} nodes stopped without a word. In the next {seconds} s {} % of Pastry’s and {} % of Chord’s lookups failed, and \
         those that arrived took {} and {} ms, with the time-outs of the dead they met. A survivor’s messages a minute went from \
         {pastry} in Pastry and from {chord} in Chord, and {} % and {} % of what they know is still dead.",
        number(f64::from(killed)),
        failed[0],
        failed[1],
        late[0],
        late[1],
        stale[0],
        stale[1]
    ))
}

/// Rows as the inside of an HTML table; the first cell of each row is its head.
#[must_use]
pub fn html_table(caption: &str, rows: &[Vec<String>]) -> String {
    let mut text = format!("<caption>{}</caption>", escaped(caption));
    let Some((heads, body)) = rows.split_first() else { return text };
    let cells = |row: &[String], tag: &str| {
        let one = |cell: &String| format!("<{tag}>{}</{}>", escaped(cell), tag.split(' ').next().unwrap_or(tag));
        row.iter().map(one).collect::<String>()
    };
    text.push_str(&format!("<thead><tr>{}</tr></thead><tbody>", cells(heads, "th scope=\"col\"")));
    for row in body {
        text.push_str(&format!("<tr>{}{}</tr>", cells(&row[..1], "th scope=\"row\""), cells(&row[1..], "td")));
    }
    text.push_str("</tbody>");
    text
}

/// What stays the same on the page while numbers change: headings, places for charts, buttons.
#[must_use]
pub fn skeleton(settings: &Settings) -> String {
    let export = |id: &str, format: &str, title: &str| {
        format!(
            "<button type=\"button\" data-export=\"{format}\" data-of=\"{id}\" aria-label=\"{title} as {format}\">{format}</button>"
        )
    };
    let figure = |(id, title, note): Heading| {
        let buttons: String = ["SVG", "PNG", "CSV"].map(|format| export(id, format, title)).concat();
        format!(
            "<figure class=\"figure\" id=\"figure-{id}\"><figcaption><h3>{title}</h3><div class=\"exports\">{buttons}</div>\
             </figcaption><p class=\"dim\">{note}</p><div class=\"chart\" role=\"slider\" tabindex=\"0\" aria-label=\"Values of the chart {title}\" \
             aria-valuemin=\"0\" aria-valuemax=\"1\" aria-valuenow=\"0\" aria-valuetext=\"Arrow keys read the values\">\
             <div id=\"chart-{id}\" aria-hidden=\"true\"></div></div><output class=\"reading\" aria-hidden=\"true\"></output>\
             <details><summary>Values</summary><div class=\"scroll-x\" tabindex=\"0\" role=\"region\" aria-label=\"Values of {title}\">\
             <table class=\"values\" id=\"values-{id}\"></table></div></details></figure>"
        )
    };
    let mut text = format!("<div class=\"charts\">{}</div>", ALWAYS.into_iter().map(figure).collect::<String>());
    if settings.killed() > 0 {
        text.push_str(&format!(
            "<h2>What breaks, and what repair costs</h2><div class=\"charts\">{}</div>",
            AFTER_KILL.into_iter().map(figure).collect::<String>()
        ));
    }
    text.push_str(&format!(
        "<div class=\"total\"><div class=\"exports\">{}</div><div class=\"scroll-x\" tabindex=\"0\" role=\"region\" \
         aria-label=\"All figures\"><table class=\"compare\" id=\"values-summary\"></table></div></div>",
        export("summary", "CSV", "All figures")
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use overlay_core::experiment::compare::Comparison;

    fn settings(fail_per_million: u32) -> Settings {
        Settings { nodes: 60, lookups: 80, fail_per_million, ..Settings::default() }
    }

    fn run(settings: &Settings) -> [SystemResult; 2] {
        Comparison::new(settings.clone()).expect("sound").finish()
    }

    #[test]
    fn every_place_on_the_page_gets_its_chart() {
        for settings in [settings(0), settings(200_000)] {
            let page = skeleton(&settings);
            let figures = figures(&run(&settings), &settings);
            for figure in &figures {
                assert!(page.contains(&format!("id=\"chart-{}\"", figure.id)), "{}", figure.id);
                assert!(page.contains(&format!("<h3>{}</h3>", figure.title)), "{}", figure.title);
                assert!(figure.rows.len() > 1 && figure.svg.contains("data-v"), "{}", figure.id);
            }
            assert_eq!(page.matches("<figure").count(), figures.len());
        }
    }

    #[test]
    fn the_bound_of_the_hops_is_the_smallest_power() {
        assert_eq!([1, 16, 17, 100, 1_000, 100_000].map(|nodes| ceil_log(nodes, 16)), [0, 1, 2, 2, 3, 5]);
    }

    #[test]
    fn the_chart_of_hops_shows_what_its_table_says() {
        let settings = settings(0);
        let both = run(&settings);
        let figure = hops(&both, &settings);
        let sum: u64 = figure.rows[1..].iter().map(|row| row[1].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, 80);
        for row in &figure.rows[1..] {
            assert!(figure.svg.contains(&format!("Pastry {} %, Chord {} %", row[2], row[4])), "{row:?}");
        }
        assert!(figure.svg.contains("⌈log16 N⌉ = 2") && figure.svg.contains("½ log2 N = 2.95"));
    }

    #[test]
    fn sentences_tell_of_the_kill_only_if_there_was_one() {
        let (without, with) = (settings(0), settings(200_000));
        assert_eq!(lessons(&run(&without), &without).len(), 3);
        let said = lessons(&run(&with), &with);
        assert!(said[3].starts_with("Then 12 nodes stopped"), "{}", said[3]);
        assert!(said[0].contains("right node"));
    }

    #[test]
    fn nothing_yet_is_said_plainly_and_draws_without_fault() {
        let settings = settings(200_000);
        let both = Comparison::new(settings.clone()).expect("sound").results();
        assert_eq!(lessons(&both, &settings).len(), 1);
        assert!(figures(&both, &settings).iter().all(|figure| !figure.svg.contains("NaN")));
    }
}
