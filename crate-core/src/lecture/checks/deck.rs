//! What the slides print.

/// A row of a finger table: start, last key of the interval, successor.
pub type FingerLine = (u64, u64, u64);

/// The numbers of the deck.
#[derive(Clone, PartialEq, Debug)]
pub struct Deck {
    /// "Issues with Gnutella": TTL.
    pub flood_ttl: u32,
    /// "Issues with Gnutella": C.
    pub flood_degree: u64,
    /// "Issues with Gnutella": messages.
    pub flood_messages: u64,
    /// "Napster": users, in millions, from and to.
    pub napster_users: (f64, f64),
    /// "Chord": bits of an identifier.
    pub chord_bits: u32,
    /// "Chord: Routing": the nodes of the ring of m = 4.
    pub ring: [u64; 7],
    /// "Chord: Routing": what node 0 knows routes to.
    pub routes_0: [u64; 4],
    /// "Chord: Routing": what node 1 knows routes to.
    pub routes_1: [u64; 4],
    /// "Chord: Routing Example": node 0's table.
    pub fingers_0: [FingerLine; 4],
    /// "Chord: Routing Example": node 9's table.
    pub fingers_9: [FingerLine; 4],
    /// "Chord: Routing Example": keys of which node 9 "has coverage".
    pub coverage_9: (u64, u64),
    /// "Chord: Routing Example": key, and the nodes on the way from node 0.
    pub search_key: u64,
    /// The nodes on the way, node 0 first.
    pub search_13: Vec<u64>,
    /// "Pastry": bits of a GUID.
    pub guid_bits: u32,
    /// "Circular routing": the circle ends at 2 to this, less 1.
    pub circle_bits: u32,
    /// "Circular routing": size of the leaf set, and l.
    pub leaf_set: (u32, u32),
    /// "First four rows": most rows.
    pub pastry_rows: u32,
    /// "First four rows": log of this base of N rows are populated.
    pub pastry_rows_base: u32,
    /// "Pastry routing example": log of this base of N hops.
    pub pastry_hops_base: u32,
    /// "Pastry routing example": the nodes on the way.
    pub pastry_route: [&'static str; 5],
    /// "First four rows": grey columns of rows 0 to 3 for a node that begins with these digits.
    pub grey: (&'static str, [usize; 4]),
    /// ".torrent": length of the file.
    pub torrent_length: u64,
    /// ".torrent": bytes of a piece.
    pub piece_length: u64,
    /// ".torrent": bytes of `pieces`.
    pub pieces_bytes: u64,
    /// ".torrent": "hash values of all … pieces".
    pub pieces_said: u64,
    /// ".torrent": texts with the length that stands before each.
    pub torrent_texts: [(usize, &'static str); 3],
    /// ".torrent": creation date, in seconds since 1970.
    pub created: u64,
    /// "Example exchange": info_hash and peer_id as they stand in the URL.
    pub announce_ids: [&'static str; 2],
    /// "Example exchange": under the key ipv6.
    pub announce_address: &'static str,
    /// "Example exchange": peers wanted.
    pub numwant: u64,
    /// "Example exchange": Content-Length.
    pub reply_length: u64,
    /// "Example exchange": the reply up to the peers.
    pub reply_begin: &'static str,
    /// "Example exchange": bytes of peers.
    pub reply_peers: u64,
    /// "Torrent, Pieces and Blocks": KB of pieces, from and to; KB of a block.
    pub piece_kb: ([u64; 3], u64),
    /// "Performance Issues": connections of BitTorrent and of the browser.
    pub connections: (u32, u32),
    /// "Availability": copies told for: all pieces once; half of the pieces; twenty copies.
    pub availability: [f64; 3],
    /// "Peer Exchange": unchoked, from and to.
    pub unchoked: (u32, u32),
}

impl Deck {
    /// As it is printed.
    #[must_use]
    pub fn printed() -> Self {
        Self {
            flood_ttl: 7,
            flood_degree: 4,
            flood_messages: 26_240,
            napster_users: (25.0, 40.0),
            chord_bits: 160,
            ring: [0, 1, 3, 7, 9, 11, 14],
            routes_0: [1, 2, 4, 8],
            routes_1: [2, 3, 5, 9],
            fingers_0: [(1, 1, 1), (2, 3, 3), (4, 7, 7), (8, 15, 9)],
            fingers_9: [(10, 10, 11), (11, 12, 11), (13, 0, 14), (1, 8, 1)],
            coverage_9: (8, 15),
            search_key: 13,
            search_13: vec![0, 9, 14],
            guid_bits: 128,
            circle_bits: 28,
            leaf_set: (8, 4),
            pastry_rows: 128,
            pastry_rows_base: 2,
            pastry_hops_base: 6,
            pastry_route: ["65A1FC", "D13DA3", "D4213F", "D462BA", "D46A1C"],
            grey: ("65A1", [0x6, 0x5, 0xA, 0x1]),
            torrent_length: 732_766_208,
            piece_length: 524_288,
            pieces_bytes: 27_960,
            pieces_said: 27_960,
            torrent_texts: [
                (39, "http://torrent.ubuntu.com:6969/announce"),
                (29, "Ubuntu CD releases.ubuntu.com"),
                (28, "ubuntu-8.10-desktop-i386.iso"),
            ],
            created: 1_225_365_524,
            announce_ids: ["3%82%0d%b6%dd%5eY%28%d2%3b%c8%11%bb%ac%2fJ%e9L%b8%82", "-UT1810-_1%02A%ba%d4%9a%0c%e8JBB"],
            announce_address: "192.168.1.2",
            numwant: 200,
            reply_length: 362,
            reply_begin: "d8:completei1328e10:incompletei97e8:intervali1800e5:peers300:",
            reply_peers: 300,
            piece_kb: ([256, 512, 1_024], 16),
            connections: (100, 10),
            availability: [1.0, 0.5, 20.0],
            unchoked: (4, 10),
        }
    }
}
