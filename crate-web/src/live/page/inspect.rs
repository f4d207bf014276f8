//! One member's own state: tables, decision, values; whom it has heard of; what happened and how much was sent.

use overlay_core::dht::DhtNode;
use overlay_core::id::Guid;
use overlay_core::identity::Presence;
use overlay_core::live::{Member, MemberView, Stage, State};
use overlay_core::pastry::words::{self, Wording};
use overlay_core::pastry::{Config, PastryNode};
use overlay_core::plain::grouped;
use overlay_core::protocol::{Candidate, Peer, Step};
use yew::prelude::*;

use super::super::clock::now;
use super::super::hub::{Board, DIGITS, VIRTUAL_MAX, digits};
use super::Scope;
use crate::inspector::{Actions, Look, Nodes, losers, pastry, read, rule_list, values_held};
use crate::widgets::{Field, nothing, rich};
use crate::words::{count, marked};

/// Lines of the log that are listed.
const LINES_LISTED: usize = 100;

/// The nodes that a member knows, as tables and buttons want them.
struct Known<'a> {
    board: &'a Board,
    member: &'a Member,
}

impl Known<'_> {
    fn id(&self, peer: Peer) -> Option<Guid> {
        (peer.index() < self.member.directory().len()).then(|| self.member.directory().id(peer))
    }
}

impl Nodes for Known<'_> {
    fn name(&self, peer: Peer) -> String {
        self.id(peer).map_or_else(|| "?".into(), |guid| self.board.name_of(guid))
    }

    fn guid(&self, peer: Peer) -> Option<Guid> {
        self.id(peer)
    }

    fn is_alive(&self, peer: Peer) -> bool {
        let gone = |guid| self.member.roster().any(|other| other.guid == guid && is_gone(&other));
        self.id(peer).is_some_and(|guid| !gone(guid))
    }
}

/// Whether somebody has left, or is probably dead.
pub(super) fn is_gone(other: &MemberView) -> bool {
    other.lost || other.presence == Presence::Gone
}

/// How many virtual nodes are asked for by what was typed: one, if nothing was.
fn asked_for(text: &str, room: usize) -> Result<usize, String> {
    let number = if text.trim().is_empty() { Some(1) } else { text.trim().parse().ok() };
    number.filter(|number| (1..=room).contains(number)).ok_or_else(|| match room {
        0 => "This page has as many virtual nodes as it can run.".into(),
        1 => "One more fits: type 1.".into(),
        _ => format!("Type a number from 1 to {room}."),
    })
}

/// How many virtual nodes there are, and more of them.
fn virtual_nodes(scope: &Scope, board: &Board) -> Html {
    let there = board.virtual_nodes();
    let asked = asked_for(&scope.desk.more, VIRTUAL_MAX - there);
    let error = asked.as_ref().err().filter(|_| !scope.desk.more.trim().is_empty());
    let name = match asked {
        Ok(number) if number > 1 => format!("Add {}", count(number, "virtual node")),
        _ => "Add virtual node".into(),
    };
    let oninput = {
        let scope = scope.clone();
        Callback::from(move |text| scope.set(|desk| desk.more = text))
    };
    let onsubmit = {
        let scope = scope.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let room = scope.hub.with(|board| VIRTUAL_MAX - board.virtual_nodes());
            if let Ok(number) = asked_for(&scope.now().more, room) {
                scope.hub.add_seats(number);
                scope.set(|desk| desk.more = String::new());
            }
        })
    };
    html! {
        <form class="group virtual" {onsubmit}>
            <Field label="Virtual nodes to add" id="live-more" value={scope.desk.more.clone()} {oninput} error={error.cloned().map(AttrValue::from)}
                hint={AttrValue::from(format!("One, if left empty. {there} of {VIRTUAL_MAX} run in this page, linked by simulated links."))} number=true />
            <div class="buttons">
                <button type="submit" disabled={!board.is_member() || asked.is_err()}
                    title="Further nodes in this page, which link up as any others do">{ name }</button>
            </div>
        </form>
    }
}

/// Decision, tables and values of the node that is looked at.
pub(super) fn node(scope: &Scope, board: &Board) -> Html {
    let member = &board.viewer().member;
    let tools = virtual_nodes(scope, board);
    let other = board.selected.filter(|guid| *guid != member.guid());
    let other = other.map_or_else(String::new, |guid| {
        format!("You chose {}: its tables are shown by its own page alone. Below are this node's.", board.name_of(guid))
    });
    let Some(me) = member.directory().find(member.guid()).filter(|_| member.state() == State::Member) else {
        return html! { <>{ tools }<p class="dim">{ "Come in first: tables fill as members are met." }</p></> };
    };
    let key = board.shown.as_ref().map(|shown| shown.key).or(board.wish.as_ref().map(|wish| wish.key));
    let decision = key.map(|key| member.explain(key));
    let known = Known { board, member };
    let actions = actions(scope);
    let look = Look {
        nodes: &known,
        decision: decision.as_ref(),
        guid: key,
        hovered: board.hovered.and_then(|guid| member.directory().find(guid)),
        digits: DIGITS,
        actions: &actions,
    };
    let overlay: &DhtNode<PastryNode> = member.node();
    let config = &Config::dependable();
    let heading = match &decision {
        Some(decision) if decision.next == Step::Deliver => format!("Node {} · would deliver", look.name(me)),
        Some(_) => format!("Node {} · what it would do", look.name(me)),
        None => format!("Node {}", look.name(me)),
    };
    let explained = key.zip(decision.as_ref()).map_or_else(nothing, |(key, decision)| {
        let names = |peer: Peer| known.name(peer);
        let key_name = digits(key);
        let wording = Wording { config, names: &names, key, key_name: &key_name };
        let lines = wording.rule_lines(decision, overlay.overlay().leaf_set());
        let place = |candidate: &Candidate| words::place(&candidate.place);
        let verdict = |candidate: &Candidate| wording.verdict(candidate, decision);
        html! { <>{ pastry::digits(&look, config.digits) }{ rule_list(lines) }{ losers(&look, decision, &place, &verdict) }</> }
    });
    html! {
        <>
            { tools }
            <p class="dim" hidden={other.is_empty()}>{ other }</p>
            <section aria-label="Decision"><h2 class="label">{ heading }</h2></section>
            { explained }
            { pastry::tables(&look, me, overlay.overlay(), config) }
            { values_held(read::<PastryNode>((), DIGITS, overlay.store()), &look.name(me)) }
        </>
    }
}

fn actions(scope: &Scope) -> Actions {
    let with = |set: fn(&mut Board, Option<Guid>)| {
        let hub = scope.hub.clone();
        Callback::from(move |peer: Option<Peer>| {
            hub.change(|board, _| {
                let directory = board.viewer().member.directory();
                let guid = peer.filter(|peer| peer.index() < directory.len()).map(|peer| directory.id(peer));
                set(board, guid);
            });
        })
    };
    Actions { select: with(|board, guid| board.selected = guid), hover: with(|board, guid| board.hovered = guid) }
}

/// Whom the node that is looked at has heard of, and its links.
pub(super) fn members(board: &Board) -> Html {
    let seat = board.viewer();
    let member = &seat.member;
    let me = board.name_of(member.guid());
    let rows = member.roster().filter(|other| other.guid != member.guid()).map(|other| {
        let link = member.links().find(|link| link.peer == Some(other.guid) && link.stage == Stage::Open);
        let presence = match other.presence {
            _ if is_gone(&other) => "gone",
            Presence::Away => "away",
            _ => "here",
        };
        let kind = link.as_ref().map_or("none", |link| seat.kind(link.link));
        let round_trip = link.as_ref().and_then(|link| link.round_trip);
        let round_trip = round_trip.map_or_else(String::new, |span| format!("{} ms", span.0.div_ceil(1_000)));
        html! {
            <tr key={other.guid.to_string()} class={classes!((board.selected == Some(other.guid)).then_some("hit"), presence)}>
                <th scope="row">{ board.name_of(other.guid) }</th><td>{ presence }</td><td>{ kind }</td><td>{ round_trip }</td>
            </tr>
        }
    });
    html! {
        <div class="scroll-x" tabindex="0" role="region" aria-label="Members">
            <table class="total members">
                <caption class="label">{ format!("Members that {me} has heard of") }</caption>
                <thead><tr><th scope="col">{ "Member" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Link" }</th><th scope="col">{ "Round trip" }</th></tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

/// What happened, latest first.
pub(super) fn events(board: &Board) -> Html {
    if board.log.is_empty() {
        return html! { <p class="dim">{ "Nothing has happened yet." }</p> };
    }
    let moment = now();
    let items = board.log.iter().rev().take(LINES_LISTED).enumerate().map(|(index, line)| {
        let ago = moment.0.saturating_sub(line.at.0) / 1_000_000;
        let ago = if ago < 120 { format!("{ago} s ago") } else { format!("{} min ago", ago / 60) };
        html! { <li key={index}><time>{ ago }</time><span>{ rich(&marked(&line.text)) }</span></li> }
    });
    html! { <ol class="events" aria-label="Events, latest first">{ for items }</ol> }
}

/// Messages and bytes.
pub(super) fn counters(board: &Board) -> Html {
    let member = &board.viewer().member;
    let counters = member.stats().all();
    let more = [("peer connections made by this page", u64::from(board.connections_made))];
    let rows = counters.chain(more).map(|(name, number)| {
        html! { <tr key={name}><th scope="row">{ name }</th><td>{ grouped(number) }</td></tr> }
    });
    html! {
        <table class="total members">
            <caption class="label">{ format!("Counters of {}", board.name_of(member.guid())) }</caption>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_virtual_nodes_is_taken_as_far_as_they_fit() {
        assert_eq!(asked_for("", 32), Ok(1));
        assert_eq!(asked_for(" 32 ", 32), Ok(32));
        for (text, room) in [("33", 32), ("0", 32), ("-1", 32), ("two", 32), ("2", 1), ("", 0)] {
            assert!(asked_for(text, room).is_err(), "{text:?} of {room}");
        }
    }
}
