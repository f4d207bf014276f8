"""Wire format version 1 and invitations, written a second time from their description alone.

Numbers of more than a byte are varints, as postcard has them; identifiers are 16 bytes, big-endian; lists and byte strings
stand behind their length, and variants behind their number.
"""

import base64
import hashlib
import re

MAGIC, VERSION = 0xD7, 1
REFUSE, HELLO, PROOF, PING, PONG, BYE, NODE, PARCEL, ANNOUNCE, ROSTER, FRAGMENT = range(11)
OUTSIDE, JOINING, ALONE, MEMBER = range(4)
# Node messages, by their number.
(ROUTE, JOIN, ACK, DONE, ANSWER, DIRECT, JOIN_STATE, HERE, WELCOME, LEAVE, HEARTBEAT, FAULT, PROBE, PROBE_ANSWER,
 LEAVES_ASKED, LEAVES, ENTRY_ASKED, ENTRY, NEAR_ASKED, NEAR, STATE_ASKED, STATE, COPY, HAND_OVER, COPIED, DROP, ASK,
 STORED, FOUND, DELETED, ROW_ASKED, ROW) = range(32)
SIGNAL, CARRIED, UNREACHABLE = range(3)
OFFER, ANSWERED, CANDIDATE, SIGNAL_BYE = range(4)


class Reader:
    """Takes bytes apart; what is not there is an IndexError."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, count):
        if self.at + count > len(self.data):
            raise IndexError("cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def byte(self):
        return self.raw(1)[0]

    def number(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def guid(self):
        return int.from_bytes(self.raw(16), "big")

    def maybe_guid(self):
        return self.guid() if self.byte() else None

    def bytes(self):
        return self.raw(self.number())

    def list(self, item):
        return [item() for _ in range(self.number())]

    def rest(self):
        return self.raw(len(self.data) - self.at)


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def guid(value):
    return value.to_bytes(16, "big")


def maybe_guid(value):
    return b"\0" if value is None else b"\1" + guid(value)


def counted(data):
    return number(len(data)) + data


def guids(values):
    return number(len(values)) + b"".join(map(guid, values))


def frame(kind, body=b""):
    return bytes([MAGIC, VERSION, kind, 0]) + body


def guid_of(data):
    return int.from_bytes(hashlib.sha1(data).digest()[:16], "big")


def read_hop(reader):
    hop = (reader.guid(), reader.guid(), reader.number())
    if hop[2] == 1:
        # The rule that names a cell of the routing table.
        reader.raw(2)
    reader.raw(1)
    reader.number()
    return hop


def write_hop(at, onto, shared, candidates):
    # Rule 0: the numerically closest of the leaf set and the node itself.
    return guid(at) + guid(onto) + number(0) + bytes([shared]) + number(candidates)


def read_leaves(reader):
    reader.raw(2)
    return reader.list(reader.guid)


def write_leaves(members):
    # Of a ring that fits into a leaf set, all of it is known.
    return b"\1" + bytes([len(members)]) + guids(members)


def distance(a, b):
    apart = (a - b) % (1 << 128)
    return min(apart, (1 << 128) - apart)


def shared_digits(a, b):
    return next((i for i in range(32) if (a ^ b) >> (124 - 4 * i)), 32)


TYPES = ["host", "srflx", "prflx", "relay"]
SETUPS = ["actpass", "active", "passive"]


class Invitation:
    """An offer or answer as links and codes have it."""

    @classmethod
    def from_text(cls, text):
        text = re.split("[=/#?&]", text.strip())[-1]
        return cls(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    def __init__(self, data):
        self.attempt = int.from_bytes(data[1:7], "big")
        self.host = int.from_bytes(data[7:23], "big")
        self.description = Description(data[:1] + data[23:])

    @staticmethod
    def text(attempt, host, description):
        head, rest = description[:1], description[1:]
        data = head + attempt.to_bytes(6, "big") + guid(host) + rest
        return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Description:
    """A session description in its short form."""

    def __init__(self, data):
        reader = Reader(data)
        head = reader.byte()
        if head >> 4 != VERSION:
            raise ValueError(f"a description of version {head >> 4}")
        self.setup = SETUPS[head & 7]
        self.fingerprint = reader.raw(32)
        self.user, self.password = self._token(reader), self._token(reader)
        self.candidates = []
        while reader.at < len(data):
            kind = reader.byte()
            address = reader.raw(4 if kind & 15 == 0 else 16)
            port = int.from_bytes(reader.raw(2), "big")
            self.candidates.append((TYPES[kind >> 4], self._address(kind & 15, address), port))

    @staticmethod
    def _token(reader):
        form = reader.byte()
        if form < 64:
            return base64.b64encode(reader.raw(3 * form)).decode()
        return reader.raw(form - 64).hex() if form < 128 else reader.raw(form - 128).decode()

    @staticmethod
    def _address(family, address):
        digits = address.hex()
        if family == 0:
            return ".".join(map(str, address))
        if family == 1:
            return ":".join(digits[i:i + 4] for i in range(0, 32, 4))
        return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]]) + ".local"

    def sdp(self):
        pairs = ":".join(f"{byte:02X}" for byte in self.fingerprint)
        candidates = [
            f"a=candidate:{index} 1 udp {2113937151 - index} {address} {port} typ {kind}"
            + ("" if kind == "host" else " raddr 0.0.0.0 rport 0")
            for index, (kind, address, port) in enumerate(self.candidates)
        ]
        lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", *candidates,
            f"a=ice-ufrag:{self.user}", f"a=ice-pwd:{self.password}", f"a=fingerprint:sha-256 {pairs}",
            f"a=setup:{self.setup}", "a=mid:0", "a=sctp-port:5000", "a=max-message-size:262144", "",
        ]
        return "\r\n".join(lines)


def short_answer(sdp):
    """The short form of an answer, and its fingerprint."""

    def value(name):
        return re.search(f"^a={name}:(.*?)\r?$", sdp, re.M).group(1)

    def token(text):
        return bytes([128 + len(text)]) + text.encode()

    pairs = re.search("^a=fingerprint:sha-256 (.*?)\r?$", sdp, re.M).group(1)
    fingerprint = bytes.fromhex(pairs.replace(":", ""))
    out = bytes([VERSION << 4 | 8 | SETUPS.index(value("setup"))]) + fingerprint
    out += token(value("ice-ufrag")) + token(value("ice-pwd"))
    for address, port in re.findall(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", sdp, re.M | re.I)[:8]:
        out += b"\0" + bytes(map(int, address.split("."))) + int(port).to_bytes(2, "big")
    return out, fingerprint
