use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::id::Guid;
use crate::identity::{Announcement, KeyPair, Name, Nonce, Presence, PublicKey, Signature};
use crate::protocol::{Directory, Peer, Request, Rule};
use crate::time::{Duration, Time};

/// A directory without a limit.
#[derive(Default)]
struct Everybody {
    peers: Directory<Guid>,
    back: Vec<(Guid, Guid)>,
}

impl Intern for Everybody {
    fn intern(&mut self, id: Guid) -> Option<Peer> {
        Some(self.peers.intern(id))
    }

    fn reached_by(&mut self, newcomer: Guid, back: Guid) {
        self.back.push((newcomer, back));
    }
}

/// A directory that is full.
struct Full;

impl Intern for Full {
    fn intern(&mut self, _: Guid) -> Option<Peer> {
        None
    }

    fn reached_by(&mut self, _: Guid, _: Guid) {}
}

fn hop() -> Hop {
    let rule = Rule::RoutingTable { row: 1, column: 13 };
    Hop { at: Guid(1), next: Guid(2), rule, shared: 1, candidates: 9 }
}

fn heartbeat() -> Carried {
    Carried { path: List::default(), message: NodeMessage::Heartbeat { digest: 7, period: Duration(300) } }
}

fn announcement() -> Announcement {
    Announcement::new(&KeyPair::from_secret(&[1; 32]), Time(5), Presence::Here, Name::new("Ada").expect("a name"))
}

fn parcel() -> Parcel {
    let body = postcard::to_allocvec(&ParcelBody::Unreachable(Guid(7))).expect("encodes");
    Parcel {
        key: PublicKey([2; 32]),
        at: 300,
        to: Guid(8),
        back: Some(Guid(9)),
        body: Bytes::new(body.into()).expect("short"),
        signature: Signature([4; 64]),
        via: None,
        hops: 1,
    }
}

#[test]
fn the_bytes_of_version_1_stay_as_they_are() {
    let probe = Carried { path: List::new([hop()]), message: NodeMessage::Probe };
    let zeros = "0".repeat(30);
    for (frame, golden) in [
        (Frame::Refuse(Refuse { oldest: 1, newest: 1 }), "d70100000101".to_owned()),
        (
            Frame::Hello(Hello { oldest: 1, newest: 1, key: PublicKey([2; 32]), nonce: Nonce([3; 16]) }),
            format!("d70101000101{}{}", "02".repeat(32), "03".repeat(16)),
        ),
        (Frame::Proof(Proof { signature: Signature([4; 64]) }), format!("d7010200{}", "04".repeat(64))),
        (Frame::Ping(Ping { at: 300, standing: Standing::Member, needed: true }), "d7010300ac020301".into()),
        (Frame::Pong(Ping { at: 300, standing: Standing::Outside, needed: false }), "d7010400ac020000".into()),
        (Frame::Bye(ByeReason::Idle), "d701050001".into()),
        (Frame::Node(heartbeat()), "d7010600000a07ac02".into()),
        (Frame::Node(probe), format!("d701060001{zeros}01{zeros}0201010d01090c")),
        (
            Frame::Parcel(parcel()),
            format!("d7010700{}ac02{zeros}0801{zeros}091102{zeros}07{}0001", "02".repeat(32), "04".repeat(64)),
        ),
        (Frame::Roster, "d7010900".into()),
    ] {
        assert_eq!(HEXLOWER.encode(&frame.encode()), golden, "{frame:?}");
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn an_announcement_and_a_fragment_keep_their_bytes() {
    let one = Frame::Announce(List::new([announcement()]));
    let hash = crate::id::sha1(&one.encode());
    assert_eq!((one.encode().len(), HEXLOWER.encode(&hash[..4])), (107, "0601966c".into()));
    assert_eq!(Frame::decode(&one.encode()), Ok(one));
    let part = Fragment { message: 1, index: 0, count: 2, bytes: Bytes::new([9, 8].into()).expect("short") };
    assert_eq!(HEXLOWER.encode(&Frame::Fragment(part).encode()), "d7010a00010002020908");
}

#[test]
fn each_kind_of_node_message_has_its_number() {
    let envelope = "0".repeat(72);
    for (body, name) in [
        (format!("0007{envelope}"), "Route"),
        (format!("01{}", "0".repeat(42)), "Join"),
        ("0207".into(), "Ack"),
        ("0307".into(), "Done"),
        ("040102".into(), "Answer"),
        ("050161".into(), "Direct"),
        ("06000000000000".to_owned() + "00", "JoinState"),
        ("0700000001".into(), "Announce"),
        ("0800".into(), "Welcome"),
        ("09000000".into(), "Leave"),
        ("0a07ac02".into(), "Heartbeat"),
        ("0b".to_owned() + &"0".repeat(32), "Fault"),
        ("0c".into(), "Probe"),
        ("0d".into(), "ProbeAnswer"),
        ("0e".into(), "LeafSetRequest"),
        ("0f000000".into(), "LeafSet"),
        ("100102".into(), "EntryRequest"),
        ("11010200".into(), "Entry"),
        ("12".into(), "NeighbourhoodRequest"),
        ("1300".into(), "Neighbourhood"),
        ("14".into(), "StateRequest"),
        ("1500".into(), "State"),
        ("1600".into(), "Copy"),
        ("170001".into(), "HandOver"),
        ("180001".into(), "Copied"),
        ("1900".into(), "Drop"),
        (format!("1a01{}00", "0".repeat(64)), "Ask"),
        ("1b0103".into(), "Stored"),
        ("1c0100".into(), "Found"),
        ("1d0101".into(), "Deleted"),
        ("1e05".into(), "RowRequest"),
        (format!("1f0501{}", "0".repeat(32)), "Row"),
    ] {
        let bytes = HEXLOWER.decode(format!("d701060000{body}").as_bytes()).expect("digits");
        let frame = Frame::decode(&bytes);
        let Ok(Frame::Node(Carried { message, .. })) = &frame else { panic!("{name}: {frame:?}") };
        assert!(format!("{message:?}").starts_with(name), "{name}: {message:?}");
        assert_eq!(frame.map(|frame| frame.encode()), Ok(bytes));
    }
}

#[test]
fn another_version_is_an_error_that_names_it_and_a_refusal_is_always_understood() {
    let mut later = Frame::Roster.encode();
    later[1] = 2;
    assert_eq!(Frame::decode(&later), Err(WireError::Version(2)));
    let mut refusal = Frame::Refuse(Refuse { oldest: 2, newest: 3 }).encode();
    refusal[1] = 3;
    assert_eq!(Frame::decode(&refusal), Ok(Frame::Refuse(Refuse { oldest: 2, newest: 3 })));
}

#[test]
fn what_is_no_message_is_refused_with_its_reason() {
    assert_eq!(Frame::decode(&[]), Err(WireError::TooShort));
    assert_eq!(Frame::decode(&[MAGIC, VERSION]), Err(WireError::TooShort));
    assert_eq!(Frame::decode(b"GET / HTTP/1.1"), Err(WireError::Magic));
    assert_eq!(Frame::decode(&[MAGIC, VERSION, 200, 0]), Err(WireError::Kind(200)));
    assert_eq!(Frame::decode(&[MAGIC, VERSION, kind::ROSTER, 1]), Err(WireError::Flags(1)));
    assert_eq!(Frame::decode(&[MAGIC, VERSION, kind::ROSTER, 0, 0]), Err(WireError::Body), "bytes behind the body");
    assert_eq!(Frame::decode(&vec![MAGIC; MOST_MESSAGE_BYTES + 1]), Err(WireError::TooLong));
}

#[test]
fn a_list_that_claims_to_be_long_is_refused_before_anything_is_allocated() {
    // State with a count of 2^63: were it believed, the allocation would abort the process.
    let mut bytes = vec![MAGIC, VERSION, kind::NODE, 0, 0, 0x15];
    bytes.extend([0xFF; 8]);
    bytes.push(0x7F);
    assert_eq!(Frame::decode(&bytes), Err(WireError::Body));
    // One more than a leaf set holds, all of them there.
    let mut bytes = vec![MAGIC, VERSION, kind::NODE, 0, 0, 0x0F, 0, 0, 65];
    bytes.extend([0; 65 * 16]);
    assert_eq!(Frame::decode(&bytes), Err(WireError::Body));
}

#[test]
fn a_value_of_the_largest_size_passes_and_a_larger_one_does_not() {
    let found = |size: usize| {
        let head = [MAGIC, VERSION, kind::NODE, 0, 0, 0x1C, 1, 1];
        let length = [(size & 0x7F) as u8 | 0x80, (size >> 7 & 0x7F) as u8 | 0x80, (size >> 14) as u8];
        Frame::decode(&[&head[..], &length, &vec![5; size]].concat())
    };
    assert!(found(64 * 1024).is_ok());
    assert_eq!(found(64 * 1024 + 1), Err(WireError::Body));
}

#[test]
fn where_there_is_no_room_lists_lose_what_they_can_and_messages_that_cannot_are_dropped() {
    let id = Guid(3);
    assert!(from_wire(NodeMessage::Fault { peer: id }, &mut Full).is_none());
    let state = from_wire(NodeMessage::State(List::new([id])), &mut Full).expect("a list may be short");
    assert_eq!(format!("{state:?}"), "Overlay(State([]))");
}

#[test]
fn a_join_tells_by_way_of_whom_the_newcomer_is_reached() {
    let mut everybody = Everybody::default();
    let join = NodeMessage::Join { ack: 0, newcomer: Guid(1), back: Some(Guid(2)), attempt: 0, hops: 1, next_row: 0 };
    let message = from_wire(join.clone(), &mut everybody).expect("there is room");
    assert_eq!(everybody.back, [(Guid(1), Guid(2))]);
    assert_eq!(to_wire(&message, &everybody.peers, |_| Some(Guid(2))), Some(join));
}

#[test]
fn long_messages_travel_in_parts_and_short_ones_as_they_are() {
    assert_eq!(fragments(vec![1; MOST_CHUNK_BYTES], 9).len(), 1);
    let long: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let parts = fragments(long.clone(), 9);
    assert_eq!(parts.len(), 7);
    let mut whole = None;
    let mut link = Fragments::default();
    for part in parts {
        assert!(part.len() < 16 * 1024 && whole.is_none());
        let Ok(Frame::Fragment(part)) = Frame::decode(&part) else { panic!("a part is a frame") };
        whole = link.take(&part).expect("in order");
    }
    assert_eq!(whole, Some(long));
}

#[test]
fn parts_out_of_order_are_dropped_with_all_that_came_before() {
    let part =
        |message, index, count| Fragment { message, index, count, bytes: Bytes::new([7; 3].into()).expect("short") };
    let mut link = Fragments::default();
    assert_eq!(link.take(&part(1, 1, 3)), Err(ReassemblyError::OutOfOrder));
    assert_eq!(link.take(&part(1, 0, 3)), Ok(None));
    assert_eq!(link.take(&part(2, 1, 3)), Err(ReassemblyError::OutOfOrder));
    assert_eq!(link.take(&part(1, 1, 3)), Err(ReassemblyError::OutOfOrder), "the first part is gone");
    assert_eq!(link.take(&part(1, 0, 1)), Err(ReassemblyError::TooMany), "one part is no fragment");
    assert_eq!(link.take(&part(1, 0, u16::MAX)), Err(ReassemblyError::TooMany));
}

fn guids() -> impl Strategy<Value = Guid> {
    prop_oneof![any::<u128>(), 0..16_u128].prop_map(Guid)
}

fn short<const MOST: usize>() -> impl Strategy<Value = Option<Bytes<MOST>>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Bytes::new(bytes.into())))
        .prop_map(Option::flatten)
}

/// Encodes a tuple and reads it as something with the same layout: fields of `node` are its own business.
fn reshape<T: Serialize, U: DeserializeOwned>(value: &T) -> U {
    postcard::from_bytes(&postcard::to_allocvec(value).expect("encodes")).expect("the same layout")
}

fn leaves() -> impl Strategy<Value = node::WireLeaves> {
    (any::<bool>(), prop::collection::vec(guids(), 0..=64))
        .prop_flat_map(|(whole, peers)| (Just(whole), 0..=peers.len() as u8, Just(peers)))
        .prop_map(|value| reshape(&value))
}

fn join_states() -> impl Strategy<Value = node::WireJoinState> {
    let list = || prop::collection::vec(guids(), 0..40);
    (any::<[u8; 3]>(), 40..1024_u16, list(), list(), prop::option::of(leaves())).prop_map(
        |([attempt, hop, row], cells, rows, near, leaves)| reshape(&(attempt, hop, row, cells, rows, near, leaves)),
    )
}

type Version = (u64, Guid);

fn versions() -> impl Strategy<Value = List<(Guid, node::WireVersion), 64>> {
    let one = (guids(), (any::<u64>(), guids()));
    prop::collection::vec(one, 0..=64).prop_map(|list: Vec<(Guid, Version)>| reshape(&list))
}

fn items() -> impl Strategy<Value = List<node::WireItem, 64>> {
    let one = (guids(), (any::<u64>(), guids()), short::<60>(), prop::collection::vec(guids(), 0..=32));
    prop::collection::vec(one, 0..8).prop_map(|list| reshape(&list))
}

fn requests() -> impl Strategy<Value = Request> {
    any::<u32>().prop_map(Request)
}

fn pastry_messages() -> BoxedStrategy<NodeMessage> {
    let list = || prop::collection::vec(guids(), 0..=100);
    let envelope = (any::<u32>(), requests(), any::<bool>(), any::<u16>(), guids(), guids(), short::<60>());
    prop_oneof![
        envelope.prop_map(|envelope| NodeMessage::Route(reshape(&envelope))),
        (any::<u32>(), guids(), any::<[u8; 3]>()).prop_map(|(ack, newcomer, [attempt, hops, next_row])| {
            NodeMessage::Join { ack, newcomer, back: None, attempt, hops, next_row }
        }),
        any::<u32>().prop_map(|ack| NodeMessage::Ack { ack }),
        any::<u32>().prop_map(|ack| NodeMessage::Done { ack }),
        (requests(), any::<u16>()).prop_map(|(request, hops)| NodeMessage::Answer { request, hops }),
        prop::collection::vec(any::<u8>(), 0..99)
            .prop_map(|bytes| NodeMessage::Direct(Bytes::new(bytes.into()).expect("short"))),
        join_states().prop_map(NodeMessage::JoinState),
        (leaves(), any::<bool>()).prop_map(|(leaves, answer)| NodeMessage::Announce { leaves, answer }),
        prop::option::of(leaves()).prop_map(|leaves| NodeMessage::Welcome { leaves }),
        leaves().prop_map(|leaves| NodeMessage::Leave { leaves }),
        guids().prop_map(|peer| NodeMessage::Fault { peer }),
        leaves().prop_map(NodeMessage::LeafSet),
        (any::<[u8; 2]>(), prop::option::of(guids())).prop_map(|([row, column], peer)| NodeMessage::Entry {
            row,
            column,
            peer
        }),
        list().prop_map(|list| NodeMessage::Neighbourhood(List::new(list))),
        list().prop_map(|list| NodeMessage::State(List::new(list))),
        (any::<u32>(), any::<u64>())
            .prop_map(|(digest, period)| NodeMessage::Heartbeat { digest, period: Duration(period) }),
        any::<u8>().prop_map(|row| NodeMessage::RowRequest { row }),
        (any::<u8>(), list()).prop_map(|(row, list)| NodeMessage::Row { row, peers: List::new(list) }),
        Just(NodeMessage::LeafSetRequest),
    ]
    .boxed()
}

fn table_messages() -> BoxedStrategy<NodeMessage> {
    prop_oneof![
        items().prop_map(|items| NodeMessage::Copy { items }),
        (items(), any::<u8>()).prop_map(|(items, passes)| NodeMessage::HandOver { items, passes }),
        (versions(), any::<bool>()).prop_map(|(items, handed_over)| NodeMessage::Copied { items, handed_over }),
        versions().prop_map(|items| NodeMessage::Drop { items }),
        (requests(), guids(), guids(), prop::collection::vec(guids(), 0..=255)).prop_map(
            |(request, origin, key, others)| NodeMessage::Ask { request, origin, key, others: List::new(others) }
        ),
        (requests(), any::<u8>()).prop_map(|(request, copies)| NodeMessage::Stored { request, copies }),
        (requests(), short()).prop_map(|(request, value)| NodeMessage::Found { request, value }),
        (requests(), any::<bool>()).prop_map(|(request, existed)| NodeMessage::Deleted { request, existed }),
    ]
    .boxed()
}

proptest! {
    #[test]
    fn every_message_survives_the_wire_and_both_translations(
        message in prop_oneof![pastry_messages(), table_messages()],
        hops in 0..=MOST_HOPS,
    ) {
        let carried = Carried { path: List::new(vec![hop(); hops]), message };
        let bytes = Frame::Node(carried.clone()).encode();
        prop_assert_eq!(Frame::decode(&bytes), Ok(Frame::Node(carried.clone())));
        let mut everybody = Everybody::default();
        let there = from_wire(carried.message.clone(), &mut everybody).expect("there is room for everybody");
        prop_assert_eq!(to_wire(&there, &everybody.peers, |_| None), Some(carried.message));
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_read_back(kind in 0..16_u8, bytes: Vec<u8>) {
        for bytes in [bytes.clone(), [&[MAGIC, VERSION, kind, 0], &bytes[..]].concat()] {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        }
    }

    #[test]
    fn a_damaged_message_is_refused_or_reads_back(
        message in prop_oneof![pastry_messages(), table_messages()],
        at: prop::sample::Index,
        byte: u8,
    ) {
        let mut bytes = Frame::Node(Carried { path: List::new([hop()]), message }).encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for bytes in [&bytes[..], &bytes[..at]] {
            if let Ok(frame) = Frame::decode(bytes) {
                prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        }
    }

    #[test]
    fn any_message_comes_together_from_its_parts(size in 0..=MOST_MESSAGE_BYTES, message: u32) {
        let bytes: Vec<u8> = (0..size).map(|n| (n * 7) as u8).collect();
        let parts = fragments(bytes.clone(), message);
        let mut link = Fragments::default();
        let mut whole = (parts.len() == 1).then(|| bytes.clone());
        for part in parts.iter().filter(|_| parts.len() > 1) {
            if let Ok(Frame::Fragment(part)) = Frame::decode(part) {
                whole = link.take(&part).expect("in order");
            }
        }
        prop_assert_eq!(whole, Some(bytes));
    }
}
