//! What a network allows, in plain words, from what the browser found out about it.

use super::rtc::Reach;

/// Sentences on a network, the most important first.
#[must_use]
pub fn told(reach: &Reach, stun: bool, turn: bool) -> Vec<String> {
    if !reach.exists {
        return vec!["This browser has no WebRTC, or it is switched off: tabs of this browser can form an overlay, other computers cannot be reached.".into()];
    }
    let of = |kind: &str| reach.lines.iter().filter(|line| line.contains(kind)).collect::<Vec<_>>();
    let [host, reflexive, relayed] = [" typ host", " typ srflx", " typ relay"].map(of);
    let mut said = Vec::new();
    if !reach.loops {
        said.push(
            "UDP is blocked here, for this page at least: tabs of this browser work, other computers will not be reached directly."
                .into(),
        );
    } else {
        said.push("Links over WebRTC work on this machine.".into());
    }
    if host.is_empty() {
        said.push("No network address may be used.".into());
    } else if host.iter().all(|line| line.contains(".local ")) {
        said.push("Your addresses in the local network stay hidden; computers in the same network find each other if it passes multicast on. Guest networks often do not let computers reach each other at all.".into());
    } else {
        said.push("Computers in the same network can be reached, unless it keeps its computers apart, as guest networks often do.".into());
    }
    match (stun, reflexive.is_empty()) {
        (false, _) => said.push("No STUN server is set: computers in other networks cannot be reached. Name one under Servers.".into()),
        (true, true) => said.push("No STUN server answered: either the network blocks UDP to the internet, or the servers are down. Computers elsewhere will not be reached without a TURN server.".into()),
        (true, false) if is_symmetric(&reflexive) => said.push("This network shows every other computer another port: links to computers behind a network of the same kind need a TURN server.".into()),
        (true, false) => said.push("Computers in most other networks can be reached: your public address is known to the STUN server, and is part of your invitations.".into()),
    }
    match (turn, relayed.is_empty()) {
        (true, true) => said.push("The TURN server did not answer, or refused user and password.".into()),
        (true, false) => said.push("The TURN server works: where no direct way is found, links go through it.".into()),
        (false, _) => {}
    }
    said
}

/// Whether one socket has several public ports: address and port of the base stand behind `raddr` and `rport`.
fn is_symmetric(reflexive: &[&String]) -> bool {
    let words = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
    let ends = |line: &String| {
        let words = words(line);
        let after = |name| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).cloned();
        Some(((words.get(4)?.clone(), words.get(5)?.clone()), (after("raddr")?, after("rport")?)))
    };
    let ends: Vec<_> = reflexive.iter().filter_map(|line| ends(line)).collect();
    ends.iter().any(|(public, base)| {
        base.1 != "0" && ends.iter().any(|(other, of)| base == of && other.0 == public.0 && other.1 != public.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(lines: &[&str], loops: bool) -> Reach {
        Reach { exists: true, lines: lines.iter().map(|line| (*line).to_string()).collect(), loops }
    }

    const HOST: &str = "candidate:1 1 udp 2113937151 192.168.1.7 50000 typ host";
    const PUBLIC: &str = "candidate:2 1 udp 1677729535 203.0.113.5 50000 typ srflx raddr 192.168.1.7 rport 50000";
    const OTHER: &str = "candidate:3 1 udp 1677729535 203.0.113.5 61234 typ srflx raddr 192.168.1.7 rport 50000";

    fn all(reach: &Reach, stun: bool) -> String {
        told(reach, stun, false).join(" ")
    }

    #[test]
    fn without_webrtc_only_tabs_are_promised() {
        assert!(all(&Reach::default(), true).contains("no WebRTC"));
    }

    #[test]
    fn a_page_that_cannot_reach_itself_is_told_that_udp_is_blocked() {
        assert!(all(&reach(&[], false), true).contains("UDP is blocked"));
    }

    #[test]
    fn a_public_address_promises_other_networks() {
        assert!(all(&reach(&[HOST, PUBLIC], true), true).contains("most other networks"));
        assert!(all(&reach(&[HOST], true), true).contains("No STUN server answered"));
        assert!(all(&reach(&[HOST], true), false).contains("No STUN server is set"));
    }

    #[test]
    fn two_public_ports_of_one_socket_ask_for_a_relay() {
        assert!(all(&reach(&[HOST, PUBLIC, OTHER], true), true).contains("TURN server"));
    }
}
