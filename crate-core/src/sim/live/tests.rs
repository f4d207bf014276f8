use super::*;
use crate::id::Guid;
use crate::identity::{Announcement, KeyPair, Name, Presence};
use crate::live::{NoAnswer, RequestId, Stage, State};
use crate::pastry::LeafSetSize;
use crate::wire::{Bytes, Frame, List, Parcel, ParcelBody};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A ring of `count` members that came in one after the other, by invitations of the first alone.
fn ring_of(seed: u64, count: usize) -> LiveWorld {
    ring_on(seed, count, Network::default())
}

fn ring_on(seed: u64, count: usize, network: Network) -> LiveWorld {
    let mut world = LiveWorld::new(seed, network, Settings::default());
    let first = world.open_page();
    world.act(first, |member, now| member.start(now));
    for _ in 1..count {
        join(&mut world, first);
    }
    let settled = world.run_until(seconds(60), |world| world.flaw().is_none() && world.missing_link().is_none());
    assert!(settled, "seed {seed}: {:?} {:?}", world.flaw(), world.missing_link());
    world
}

/// A new page comes in by way of `host`.
fn join(world: &mut LiveWorld, host: usize) -> usize {
    let guest = world.open_page();
    world.invite(host, guest);
    let joined = world.run_until(seconds(90), |world| world.member(guest).state() == State::Member);
    assert!(joined, "{guest} is {:?}: {:?}", world.member(guest).state(), world.events(guest));
    guest
}

fn ask(world: &mut LiveWorld, seat: usize, wish: impl FnOnce(&mut Member, Time) -> RequestId) -> Event {
    let request = world.act(seat, wish);
    world.run_until(seconds(40), |world| swarm::answer(world, seat, request).is_some());
    swarm::answer(world, seat, request).unwrap_or(Event::NoAnswer { request, reason: NoAnswer::Silence })
}

fn everyone_reaches_everyone(world: &mut LiveWorld) {
    let ring = world.ring();
    for (_, from) in &ring {
        for (guid, _) in &ring {
            let event = ask(world, *from, |member, now| member.reach(now, *guid).expect("a member"));
            assert!(matches!(event, Event::Reached { owner, .. } if owner == *guid), "{from} to {guid:.6}: {event:?}");
        }
    }
}

fn put(world: &mut LiveWorld, seat: usize, name: &str) {
    let event = ask(world, seat, |member, now| member.put(now, name, name.as_bytes()).expect("a member"));
    assert!(matches!(event, Event::Stored { .. }), "{name}: {event:?}");
}

fn value(world: &mut LiveWorld, seat: usize, name: &str) -> Option<Vec<u8>> {
    match ask(world, seat, |member, now| member.get(now, name).expect("a member")) {
        Event::Found { value, .. } => value,
        event => panic!("{name}: {event:?}"),
    }
}

#[test]
fn members_that_came_in_one_after_the_other_reach_each_other() {
    let mut world = ring_of(1, 8);
    everyone_reaches_everyone(&mut world);
    assert!(world.living().all(|seat| world.member(seat).connected() == 7));
}

#[test]
fn values_survive_any_two_of_eight_that_close_at_once() {
    for seed in 0..4 {
        let mut world = ring_of(seed, 8);
        let names: Vec<String> = (0..12).map(|n| format!("song {n}")).collect();
        for (at, name) in names.iter().enumerate() {
            put(&mut world, at % 8, name);
        }
        world.run(seconds(10));
        let [one, other] = [seed as usize % 8, (seed as usize + 3) % 8];
        world.kill(one);
        world.kill(other);
        let healed = world.run_until(seconds(120), |world| world.flaw().is_none());
        assert!(healed, "seed {seed}: {:?}", world.flaw());
        let asker = world.living().next().expect("six are left");
        for name in &names {
            assert_eq!(value(&mut world, asker, name), Some(name.as_bytes().to_vec()), "seed {seed}: {name}");
        }
        everyone_reaches_everyone(&mut world);
    }
}

#[test]
fn with_all_signalling_cut_a_ninth_still_joins_through_any_member() {
    let mut world = ring_on(3, 8, Network { rendezvous: false, ..Network::default() });
    let ninth = join(&mut world, 5);
    assert!(world.run_until(seconds(60), |world| world.flaw().is_none()), "{:?}", world.flaw());
    assert!(world.member(ninth).connected() > 1, "links were made through the overlay");
    everyone_reaches_everyone(&mut world);
}

#[test]
fn a_page_that_says_goodbye_is_gone_at_once_and_its_values_stay() {
    let mut world = ring_of(4, 6);
    put(&mut world, 1, "a name");
    let owner = world.owner(Guid::of_bytes(b"a name")).expect("six are there");
    world.act(owner, |member, now| member.leave(now));
    world.kill(owner);
    assert!(world.run_until(seconds(5), |world| world.flaw().is_none()), "{:?}", world.flaw());
    let asker = world.living().next().expect("five are left");
    assert_eq!(value(&mut world, asker, "a name"), Some(b"a name".to_vec()));
}

#[test]
fn a_broken_link_between_living_members_is_made_anew_and_nobody_is_taken_for_dead() {
    let mut world = ring_of(5, 6);
    world.cut(1, 2);
    let [one, two] = [1, 2].map(|seat| world.member(seat).guid());
    assert!(world.run_until(seconds(40), |world| world.member(1).stats().links_broken > 0), "the silence is noticed");
    let is_linked =
        |world: &LiveWorld| world.member(1).links().any(|link| link.peer == Some(two) && link.stage == Stage::Open);
    assert!(world.run_until(seconds(20), is_linked), "{one} has a link to {two} again");
    assert_eq!([1, 2].map(|seat| world.member(seat).stats().peers_lost), [0, 0]);
}

#[test]
fn who_can_make_no_more_connections_takes_nobody_for_dead_and_is_not_taken_for_dead() {
    let mut world = ring_of(5, 6);
    world.exhaust(2);
    world.cut(1, 2);
    world.cut(2, 3);
    world.run(seconds(120));
    assert!(world.member(2).stats().links_broken >= 2, "the silence was noticed");
    assert_eq!([1, 2, 3].map(|seat| world.member(seat).stats().peers_lost), [0; 3]);
    everyone_reaches_everyone(&mut world);
}

#[test]
fn a_page_that_slept_is_not_declared_dead_by_itself_and_catches_up() {
    let mut world = ring_of(6, 6);
    put(&mut world, 0, "before");
    world.act(2, |member, now| member.set_away(now, true));
    world.run(seconds(1));
    world.freeze(2);
    let sleeper = world.member(2).guid();
    let sees_away = world.member(0).roster().any(|one| one.guid == sleeper && one.presence == Presence::Away);
    assert!(sees_away, "the others are told before");
    world.run(seconds(60));
    put(&mut world, 0, "meanwhile");
    world.thaw(2);
    world.act(2, |member, now| member.set_away(now, false));
    let back = world.run_until(seconds(60), |world| world.flaw().is_none() && world.missing_link().is_none());
    assert!(back, "{:?} {:?}", world.flaw(), world.missing_link());
    assert_eq!(world.member(2).stats().stalls, 1);
    for name in ["before", "meanwhile"] {
        assert_eq!(value(&mut world, 2, name), Some(name.as_bytes().to_vec()), "{name}");
    }
}

#[test]
fn half_open_links_and_failing_connections_are_tried_again() {
    for seed in 0..4 {
        let network = Network { fails_per_million: 150_000, half_open_per_million: 150_000, ..Network::default() };
        let mut world = LiveWorld::new(seed, network, Settings::default());
        let first = world.open_page();
        world.act(first, |member, now| member.start(now));
        for _ in 1..7 {
            let guest = world.open_page();
            // People try again where an invitation fails.
            for _ in 0..8 {
                world.invite(first, guest);
                if world.run_until(seconds(40), |world| world.member(guest).state() == State::Member) {
                    break;
                }
            }
        }
        let settled = world.run_until(seconds(300), |world| world.flaw().is_none());
        assert!(settled, "seed {seed}: {:?}", world.flaw());
        everyone_reaches_everyone(&mut world);
    }
}

#[test]
fn of_two_offers_that_cross_one_link_comes() {
    let mut glare = 0;
    for seed in 0..12 {
        let mut world = ring_of(seed, 5);
        world.cut(1, 2);
        world.cut(3, 4);
        world.run(seconds(60));
        for (one, other) in [(1, 2), (2, 1), (3, 4), (4, 3)] {
            let peer = world.member(other).guid();
            let open = world.member(one).links().filter(|link| link.peer == Some(peer) && link.stage == Stage::Open);
            assert_eq!(open.count(), 1, "seed {seed}: {one} and {other}");
        }
        glare += world.living().map(|seat| world.member(seat).stats().glare).sum::<u64>();
    }
    assert!(glare > 0, "offers did cross");
}

#[test]
fn a_page_that_sends_garbage_is_shut_out_and_harms_nobody() {
    let mut world = ring_of(7, 6);
    put(&mut world, 0, "treasure");
    let mut rng = Rng::seed_from_u64(1);
    let sound = Frame::Roster.encode();
    for round in 0..200 {
        let mut bytes = vec![0; rng.random_range(0..300)];
        rng.fill_bytes(&mut bytes);
        if round % 2 == 0 {
            bytes = [&sound[..2], &bytes].concat();
        }
        for to in [0, 1, 2, 4, 5] {
            world.inject(3, to, &bytes);
        }
    }
    let garbage = world.member(3).guid();
    assert!([0, 1, 2, 4, 5].iter().all(|seat| world.member(*seat).stats().malformed > 10));
    assert!(world.member(0).links().all(|link| link.peer != Some(garbage)), "its link is closed");
    world.kill(3);
    assert!(world.run_until(seconds(60), |world| world.flaw().is_none()), "{:?}", world.flaw());
    assert_eq!(value(&mut world, 1, "treasure"), Some(b"treasure".to_vec()));
    everyone_reaches_everyone(&mut world);
}

#[test]
fn a_flood_is_dropped_and_counted_and_the_ring_goes_on() {
    let mut world = ring_of(8, 5);
    let ping = crate::wire::Ping { at: 1, standing: crate::wire::Standing::Member, needed: true };
    let bytes = Frame::Ping(ping).encode();
    (0..5_000).for_each(|_| world.inject(1, 0, &bytes));
    assert!(world.member(0).stats().flooded > 3_000);
    world.run(seconds(30));
    everyone_reaches_everyone(&mut world);
}

/// A parcel to `to` as a stranger with this secret would send it, by the description of the format alone.
fn parcel(secret: u8, at: Time, to: Guid) -> Parcel {
    let keys = KeyPair::from_secret(&[secret; 32]);
    let body = postcard::to_allocvec(&ParcelBody::Unreachable(Guid(7))).expect("plain data");
    let mut head = [0; 41];
    head[..8].copy_from_slice(&at.0.to_be_bytes());
    head[8..24].copy_from_slice(&to.0.to_be_bytes());
    let signature = keys.sign("overlay lab parcel 1", &[&head, &body]);
    let body = Bytes::new(body.into()).expect("short");
    Parcel { key: keys.public(), at: at.0, to, back: None, body, signature, via: None, hops: 0 }
}

#[test]
fn what_is_forged_replayed_or_too_large_is_dropped_and_counted_each_by_itself() {
    let mut world = ring_of(14, 3);
    let (now, to) = (world.now(), world.member(0).guid());
    let counted = |world: &LiveWorld| {
        let stats = world.member(0).stats();
        (stats.parcels_received, stats.replayed, stats.forged, stats.oversized)
    };
    let (received, ..) = counted(&world);
    let genuine = Frame::Parcel(parcel(9, now, to)).encode();
    world.inject(1, 0, &genuine);
    assert_eq!(counted(&world), (received + 1, 0, 0, 0));
    world.inject(1, 0, &genuine);
    world.inject(2, 0, &genuine);
    assert_eq!(counted(&world), (received + 1, 2, 0, 0), "also by way of somebody else");
    world.inject(1, 0, &Frame::Parcel(parcel(9, Time(now.0 - 3_600_000_000), to)).encode());
    assert_eq!(counted(&world), (received + 1, 3, 0, 0), "an old one that was never seen");
    let other = Parcel { key: KeyPair::from_secret(&[8; 32]).public(), ..parcel(9, Time(now.0 + 1), to) };
    world.inject(1, 0, &Frame::Parcel(other).encode());
    assert_eq!(counted(&world), (received + 1, 3, 1, 0));
    world.inject(1, 0, &vec![0xD7; 16 * 1024 + 1]);
    assert_eq!(counted(&world), (received + 1, 3, 1, 1));
}

#[test]
fn an_announcement_in_anothers_name_and_an_old_one_change_nothing() {
    let mut world = ring_of(15, 3);
    let now = world.now();
    let keys = KeyPair::from_secret(&[9; 32]);
    let name = |text: &str| Name::new(text).expect("a name");
    let announced = |one: Announcement| Frame::Announce(List::new([one])).encode();
    let eve = Announcement::new(&keys, now, Presence::Here, name("Eve"));
    world.inject(1, 0, &announced(eve.clone()));
    world.inject(1, 0, &announced(Announcement { at: Time(now.0 + 1), name: name("Ann"), ..eve }));
    let old = Announcement::new(&keys, Time(now.0 - 3_600_000_000), Presence::Gone, name("Eve"));
    world.inject(1, 0, &announced(old));
    let stats = world.member(0).stats();
    assert_eq!((stats.forged, stats.replayed), (1, 1));
    let seen = world.member(0).roster().find(|one| one.guid == keys.guid());
    assert_eq!(seen.map(|one| (one.name, one.presence)), Some(("Eve".into(), Presence::Here)));
}

#[test]
fn a_path_is_told_hop_by_hop_as_the_nodes_explain_it() {
    let settings = Settings { leaf_set: LeafSetSize::new(4).expect("even"), ..Settings::default() };
    let mut world = LiveWorld::new(9, Network::default(), settings);
    let first = world.open_page();
    world.act(first, |member, now| member.start(now));
    for _ in 1..16 {
        join(&mut world, first);
    }
    assert!(world.run_until(seconds(60), |world| world.flaw().is_none()), "{:?}", world.flaw());
    world.run(seconds(30));
    let mut longest = 0;
    for (from, key) in (0..16).map(|seat| (seat, Guid::of_bytes(&[seat as u8]))) {
        let event = ask(&mut world, from, |member, now| member.reach(now, key).expect("a member"));
        let Event::Reached { owner, path, hops, .. } = event else { panic!("{event:?}") };
        assert_eq!(path.len(), usize::from(hops) + 1, "{path:?}");
        assert_eq!(path.first().map(|hop| hop.at), Some(world.member(from).guid()));
        assert_eq!(path.last().map(|hop| (hop.at, hop.next)), Some((owner, owner)));
        for pair in path.windows(2) {
            assert_eq!(pair[0].next, pair[1].at);
        }
        for hop in &path {
            let seat = world.ring().into_iter().find(|(guid, _)| *guid == hop.at).expect("a member").1;
            let decision = world.member(seat).explain(key);
            assert_eq!((decision.rule, decision.shared), (hop.rule, hop.shared));
        }
        longest = longest.max(path.len());
    }
    assert!(longest > 2, "some ways have hops between");
}

#[test]
fn two_that_are_alone_become_one_ring_and_keep_their_values() {
    let mut world = LiveWorld::new(10, Network::default(), Settings::default());
    let seats = [world.open_page(), world.open_page()];
    for seat in seats {
        world.act(seat, |member, now| member.start(now));
        put(&mut world, seat, &format!("of {seat}"));
    }
    world.invite(seats[0], seats[1]);
    assert!(world.run_until(seconds(30), |world| world.flaw().is_none()), "{:?}", world.flaw());
    world.run(seconds(5));
    for (asker, name) in [(0, "of 1"), (1, "of 0"), (0, "of 0")] {
        assert_eq!(value(&mut world, asker, name), Some(name.as_bytes().to_vec()), "{name}");
    }
}

#[test]
fn newcomers_who_only_meet_each_other_begin_a_ring() {
    let mut world = LiveWorld::new(11, Network::default(), Settings::default());
    let seats = [world.open_page(), world.open_page(), world.open_page()];
    world.invite(seats[0], seats[1]);
    world.invite(seats[1], seats[2]);
    assert!(world.run_until(seconds(60), |world| world.flaw().is_none()), "{:?}", world.flaw());
    everyone_reaches_everyone(&mut world);
}

/// `count` pages that enter the room at once, of which the first so many have begun a ring each.
fn crowd(seed: u64, count: usize, founders: usize, network: Network) -> LiveWorld {
    let mut world = LiveWorld::new(seed, network, Settings::default());
    for at in 0..count {
        let seat = world.open_page();
        if at < founders {
            world.act(seat, |member, now| member.start(now));
        }
        world.enter_room(seat);
    }
    world
}

/// Every page is a member of one ring within `span`.
fn becomes_one_ring(world: &mut LiveWorld, span: Duration) {
    let settled = world.run_until(span, |world| world.flaw().is_none());
    assert!(settled, "{:?}", world.flaw());
}

#[test]
fn a_class_that_enters_a_room_at_once_is_one_ring_within_a_minute() {
    let mut world = crowd(20, 30, 1, Network::default());
    becomes_one_ring(&mut world, seconds(60));
    everyone_reaches_everyone(&mut world);
}

#[test]
fn a_class_in_which_nobody_has_created_an_overlay_begins_one() {
    let mut world = crowd(21, 30, 0, Network::default());
    becomes_one_ring(&mut world, seconds(90));
    let mut two = crowd(22, 2, 0, Network::default());
    becomes_one_ring(&mut two, seconds(30));
    let mut single = crowd(23, 1, 0, Network::default());
    single.run(seconds(120));
    assert_eq!(single.member(0).state(), State::Outside, "who is alone in the room waits for others");
}

#[test]
fn a_class_in_which_many_have_created_an_overlay_has_one_in_the_end() {
    for (seed, founders) in [(24, 2), (25, 6), (26, 12)] {
        let mut world = crowd(seed, 12, founders, Network::default());
        becomes_one_ring(&mut world, seconds(120));
        everyone_reaches_everyone(&mut world);
    }
}

#[test]
fn a_room_in_which_many_connections_fail_or_take_long_has_one_ring_in_the_end() {
    for seed in 27..30 {
        let network = Network {
            fails_per_million: 150_000,
            half_open_per_million: 100_000,
            setup: (Duration::from_secs(2), Duration::from_secs(6)),
            ..Network::default()
        };
        let mut world = crowd(seed, 12, (seed % 3) as usize, network);
        becomes_one_ring(&mut world, seconds(300));
    }
}

/// Two rings, each of whose pages came in by the first of it, and the first seats of both.
fn two_rings(seed: u64, counts: [usize; 2], leaf_set: LeafSetSize) -> (LiveWorld, [usize; 2]) {
    let settings = Settings { leaf_set, ..Settings::default() };
    let mut world = LiveWorld::new(seed, Network { rendezvous: false, ..Network::default() }, settings);
    let firsts = counts.map(|count| {
        let first = world.open_page();
        world.act(first, |member, now| member.start(now));
        for _ in 1..count {
            join(&mut world, first);
        }
        first
    });
    world.run(seconds(30));
    (world, firsts)
}

#[test]
fn two_rings_become_one_by_one_invitation_and_keep_what_both_stored() {
    for (seed, counts, leaves) in [(30, [3, 3], 16), (31, [2, 14], 16), (32, [8, 12], 16), (33, [20, 20], 8)] {
        let leaf_set = LeafSetSize::new(leaves).expect("even");
        let (mut world, [one, other]) = two_rings(seed, counts, leaf_set);
        for (seat, name) in [(one, "of the one"), (other, "of the other")] {
            put(&mut world, seat, name);
        }
        let last = world.len() - 1;
        world.invite(one + counts[0] - 1, last);
        becomes_one_ring(&mut world, seconds(120));
        world.run(seconds(20));
        for seat in [one, last] {
            for name in ["of the one", "of the other"] {
                assert_eq!(value(&mut world, seat, name), Some(name.as_bytes().to_vec()), "{counts:?}, {seat}: {name}");
            }
        }
        everyone_reaches_everyone(&mut world);
    }
}

#[test]
fn a_chat_line_reaches_who_is_responsible_for_its_key_with_its_author() {
    let mut world = ring_of(12, 6);
    let key = Guid::of_bytes(b"a room");
    let owner = world.owner(key).expect("six are there");
    let author = (owner + 1) % 6;
    let event = ask(&mut world, author, |member, now| member.chat(now, key, "hello").expect("a member"));
    assert!(matches!(event, Event::Reached { .. }), "{event:?}");
    let guid = world.member(author).guid();
    let heard = world.events(owner).iter().find_map(|(_, event)| match event {
        Event::Chat { from, text, .. } => Some((*from, text.clone())),
        _ => None,
    });
    assert_eq!(heard, Some((guid, "hello".into())));
}

#[test]
fn names_are_known_to_everybody_and_a_goodbye_too() {
    let mut world = ring_of(13, 5);
    world.act(2, |member, now| member.set_name(now, "Ada")).expect("a name");
    world.run(seconds(2));
    let ada = world.member(2).guid();
    let seen = |world: &LiveWorld, by: usize| world.member(by).roster().find(|one| one.guid == ada);
    assert!((0..5).all(|by| seen(&world, by).is_some_and(|one| one.name == "Ada")));
    world.act(2, |member, now| member.leave(now));
    world.kill(2);
    world.run(seconds(2));
    let gone = |one: crate::live::MemberView| one.presence == Presence::Gone;
    assert!([0, 1, 3, 4].into_iter().all(|by| seen(&world, by).is_some_and(gone)));
}

#[test]
fn no_checker_objects_to_two_hundred_random_worlds_of_browsers() {
    for seed in 0..200 {
        let course = swarm::run(seed, seconds(120));
        assert_eq!(course.failure, None, "seed {seed}: {:#?}", course.deeds);
    }
}

#[test]
fn a_newcomer_to_thirty_costs_each_some_dozens_of_messages() {
    let mut world = ring_of(34, 30);
    let sent = |world: &LiveWorld| (0..30).map(|seat| world.member(seat).stats().sent).sum::<u64>();
    let before = sent(&world);
    world.run(seconds(10));
    let at_rest = sent(&world) - before;
    join(&mut world, 0);
    let settled = world.run_until(seconds(10), |world| world.flaw().is_none() && world.missing_link().is_none());
    assert!(settled, "{:?} {:?}", world.flaw(), world.missing_link());
    let joining = sent(&world) - before - at_rest;
    assert!(joining < 30 * 60 + at_rest, "{joining} messages, and {at_rest} in ten seconds of rest");
}
