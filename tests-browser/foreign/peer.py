"""A member of the overlay that shares no line with the browsers' code: aiortc for the links, and as much of a Pastry node as a
ring that fits into a leaf set needs.

It reads an invitation from standard input, prints its answer, and then tells what happens, one JSON object a line. Lines
"reach DIGITS" send a message to the node that answers for those digits. It ends with its input, or after two minutes.
"""

import asyncio
import json
import os
import struct
import sys
import time

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import wire
from wire import Reader, counted, frame, guid, maybe_guid, number

LIFE_S = 120
NAME = "aiortc"


def told(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def digits(value):
    return f"{value:032X}"[:6]


class Link:
    """One connection, its data channel, and who is at the other end once that is proven."""

    def __init__(self, node, host):
        self.node, self.host, self.peer = node, host, None
        self.nonce, self.theirs, self.is_open = os.urandom(16), None, False
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.connection.createDataChannel("overlay", negotiated=True, id=0)
        self.channel.on("open", self.opened)
        self.channel.on("message", self.message)
        self.parts = []

    async def answer(self, offer):
        self.remote = offer.fingerprint
        await self.connection.setRemoteDescription(RTCSessionDescription(offer.sdp(), "offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        short, self.local = wire.short_answer(self.connection.localDescription.sdp)
        return short

    def opened(self):
        if not self.is_open:
            self.is_open = True
            self.send(wire.HELLO, bytes([1, 1]) + self.node.key + self.nonce)

    def send(self, kind, body=b""):
        if self.channel.readyState == "open":
            self.channel.send(frame(kind, body))

    def message(self, data):
        self.opened()
        try:
            if data[0] != wire.MAGIC or (data[1] != wire.VERSION and data[2] != wire.REFUSE):
                raise ValueError("not of version 1")
            self.take(data[2], Reader(data[4:]))
        except (IndexError, ValueError, struct.error) as error:
            told("unreadable", what=str(error), bytes=data[:24].hex())

    def take(self, kind, body):
        node = self.node
        if kind == wire.HELLO:
            body.raw(2)
            self.theirs = (body.raw(32), body.raw(16))
            self.send(wire.PROOF, node.sign("overlay lab greeting 1", self.ends((node.key, self.nonce, self.local), (*self.theirs, self.remote))))
        elif kind == wire.PROOF:
            signed = self.ends((*self.theirs, self.remote), (node.key, self.nonce, self.local))
            if not node.is_signed(self.theirs[0], "overlay lab greeting 1", signed, body.raw(64)):
                raise ValueError("a proof that does not hold")
            self.peer = wire.guid_of(self.theirs[0])
            node.proven(self)
        elif self.peer is None:
            raise ValueError(f"kind {kind} before the proof")
        elif kind in (wire.PING, wire.PONG):
            at, standing = body.number(), body.number()
            if kind == wire.PING:
                self.send(wire.PONG, node.ping(at))
            node.stands(self, standing)
        elif kind == wire.BYE:
            node.gone(self.peer)
        elif kind == wire.NODE:
            node.heard(self.peer, body)
        elif kind == wire.PARCEL:
            node.parcel(body)
        elif kind == wire.FRAGMENT:
            body.number(), body.number()
            count = body.number()
            self.parts.append(body.bytes())
            if len(self.parts) == count:
                whole, self.parts = b"".join(self.parts), []
                self.message(whole)

    @staticmethod
    def ends(signer, verifier):
        return b"\1" + b"".join(signer) + b"".join(verifier)


class Node:
    """A member of a ring in which everybody knows everybody."""

    def __init__(self):
        self.secret = Ed25519PrivateKey.generate()
        self.key = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.me = wire.guid_of(self.key)
        self.links, self.members, self.waiting = {}, set(), None
        self.standing, self.contact, self.last, self.stored = wire.OUTSIDE, None, 0, {}
        self.tasks = set()

    # What is signed.

    def sign(self, what, data):
        return self.secret.sign(what.encode() + b"\0" + data)

    @staticmethod
    def is_signed(key, what, data, signature):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, what.encode() + b"\0" + data)
            return True
        except (InvalidSignature, ValueError):
            return False

    def moment(self):
        self.last = max(self.last + 1, int(time.time() * 1e6))
        return self.last

    # Links.

    def proven(self, link):
        self.links[link.peer] = link
        told("linked", peer=digits(link.peer))
        link.send(wire.PING, self.ping(self.moment()))
        at, name = self.moment(), NAME.encode()
        signature = self.sign("overlay lab announcement 1", struct.pack(">Q", at) + b"\0" + name)
        link.send(wire.ANNOUNCE, number(1) + self.key + number(at) + number(0) + counted(name) + signature)

    def ping(self, at):
        return number(at) + number(self.standing) + b"\1"

    def stands(self, link, standing):
        if standing in (wire.ALONE, wire.MEMBER) and self.standing == wire.OUTSIDE:
            self.standing, self.contact = wire.JOINING, link.peer
            body = number(wire.JOIN) + number(0) + guid(self.me) + maybe_guid(None) + bytes([0, 0, 0])
            self.say(link.peer, body)

    def gone(self, peer):
        self.members.discard(peer)
        self.links.pop(peer, None)

    # What nodes say, over a link or by way of others.

    def say(self, to, body, path=b"\0"):
        if to in self.links:
            self.links[to].send(wire.NODE, path + body)
        else:
            self.post(to, number(wire.CARRIED) + path + body)

    def post(self, to, body):
        at, back = self.moment(), None if self.standing == wire.MEMBER else self.contact
        head = struct.pack(">Q", at) + guid(to) + maybe_guid(back).ljust(17, b"\0")
        parcel = self.key + number(at) + guid(to) + maybe_guid(back) + counted(body)
        parcel += self.sign("overlay lab parcel 1", head + body) + maybe_guid(None) + b"\0"
        way = min(self.links, key=lambda peer: wire.distance(peer, to))
        self.links[way].send(wire.PARCEL, parcel)

    def parcel(self, body):
        key, at, to, back, inside = body.raw(32), body.number(), body.guid(), body.maybe_guid(), body.bytes()
        head = struct.pack(">Q", at) + guid(to) + maybe_guid(back).ljust(17, b"\0")
        if not self.is_signed(key, "overlay lab parcel 1", head + inside, body.raw(64)):
            raise ValueError("a forged parcel")
        if to != self.me:
            return
        inside, sender = Reader(inside), wire.guid_of(key)
        kind = inside.number()
        if kind == wire.CARRIED:
            self.heard(sender, inside)
        elif kind == wire.SIGNAL:
            attempt, what, blob = inside.number(), inside.number(), inside.bytes()
            if what == wire.OFFER:
                task = asyncio.ensure_future(self.answer(sender, attempt, blob))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    async def answer(self, sender, attempt, blob):
        short = await Link(self, sender).answer(wire.Description(blob))
        self.post(sender, number(wire.SIGNAL) + number(attempt) + number(wire.ANSWERED) + counted(short))

    def leaves(self):
        return wire.write_leaves(sorted(self.members, key=lambda peer: (peer - self.me) % (1 << 128)))

    def heard(self, sender, body):
        path = body.list(lambda: wire.read_hop(body))
        kind = body.number()
        if kind == wire.ROUTE:
            self.route(sender, path, body)
        elif kind == wire.JOIN_STATE:
            self.told_the_way(sender, body)
        elif kind == wire.HERE:
            self.meet({sender, *wire.read_leaves(body)})
            if body.byte():
                self.say(sender, number(wire.WELCOME) + b"\0")
        elif kind == wire.WELCOME:
            if body.byte():
                self.meet(set(wire.read_leaves(body)))
            self.welcomed(sender)
        elif kind == wire.LEAVE:
            self.gone(sender)
        elif kind == wire.ANSWER:
            request, hops = body.number(), body.number()
            told("reached", owner=digits(sender), hops=hops, path=[digits(hop[0]) for hop in path])
        elif kind == wire.PROBE:
            self.say(sender, number(wire.PROBE_ANSWER))
        elif kind == wire.LEAVES_ASKED:
            self.say(sender, number(wire.LEAVES) + self.leaves())
        elif kind == wire.LEAVES:
            self.meet({sender, *wire.read_leaves(body)})
        elif kind in (wire.COPY, wire.HAND_OVER):
            self.keep(sender, body, kind == wire.HAND_OVER)
        elif kind == wire.ROW_ASKED:
            self.say(sender, number(wire.ROW) + body.raw(1) + number(0))

    def told_the_way(self, sender, body):
        body.raw(3)
        body.number()
        near = body.list(body.guid) + body.list(body.guid)
        if not body.byte() or self.standing != wire.JOINING:
            return
        self.members |= {sender, *wire.read_leaves(body)} - {self.me}
        self.waiting = set(self.members)
        told("way", members=sorted(map(digits, self.members)), near=len(near))
        for member in self.waiting:
            self.say(member, number(wire.HERE) + self.leaves() + b"\1")

    def meet(self, peers):
        new = peers - self.members - {self.me}
        self.members |= new
        if self.waiting is not None and self.standing == wire.JOINING:
            self.waiting |= new
            for member in new:
                self.say(member, number(wire.HERE) + self.leaves() + b"\1")

    def welcomed(self, sender):
        if self.waiting is None:
            return
        self.waiting.discard(sender)
        if not self.waiting and self.standing == wire.JOINING:
            self.standing = wire.MEMBER
            told("member", guid=digits(self.me), members=sorted(map(digits, self.members)))
            for link in self.links.values():
                link.send(wire.PING, self.ping(self.moment()))

    def keep(self, sender, body, handed_over):
        versions = []
        for _ in range(body.number()):
            key, version = body.guid(), number(body.number()) + guid(body.guid())
            self.stored[key] = body.bytes() if body.byte() else None
            body.list(body.guid)
            versions.append(guid(key) + version)
        told("kept", values=len(self.stored))
        self.say(sender, number(wire.COPIED) + number(len(versions)) + b"".join(versions) + bytes([handed_over]))

    # Routing: the numerically closest of all.

    def route(self, sender, path, body):
        ack, request, answer, hops = body.number(), body.number(), body.byte(), body.number()
        origin, key = body.guid(), body.guid()
        payload = body.bytes() if body.byte() else None
        onto = min([self.me, *self.members], key=lambda peer: (wire.distance(peer, key), peer))
        written = b"".join(wire.write_hop(at, to, wire.shared_digits(at, key), len(self.members) + 1) for at, to, _ in path)
        written += wire.write_hop(self.me, onto, wire.shared_digits(self.me, key), len(self.members) + 1)
        written = number(len(path) + 1) + written
        if ack:
            self.say(sender, number(wire.DONE if onto == self.me else wire.ACK) + number(ack))
        if onto != self.me:
            on = number(0) + number(request) + bytes([answer]) + number(hops + 1) + guid(origin) + guid(key)
            on += b"\0" if payload is None else b"\1" + counted(payload)
            return self.say(onto, number(wire.ROUTE) + on, written)
        if answer:
            self.say(origin, number(wire.ANSWER) + number(request) + number(hops), written)
        line = None
        if payload and payload[:4] == b"CHT1":
            reader = Reader(payload[4:])
            author, at, signature, text = reader.raw(32), reader.number(), reader.raw(64), reader.bytes()
            if self.is_signed(author, "overlay lab chat line 1", struct.pack(">Q", at) + guid(key) + text, signature):
                line = text.decode()
        told("delivered", hops=hops, by=digits(sender), line=line)

    def reach(self, key):
        onto = min(self.members, key=lambda peer: (wire.distance(peer, key), peer))
        body = number(0) + number(self.moment() & 0xFFFF) + b"\1" + number(1) + guid(self.me) + guid(key) + b"\0"
        hop = number(1) + wire.write_hop(self.me, onto, wire.shared_digits(self.me, key), len(self.members) + 1)
        self.say(onto, number(wire.ROUTE) + body, hop)


async def lines():
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


async def serve():
    node, first = Node(), True
    async for line in lines():
        if first:
            first = False
            invitation = wire.Invitation.from_text(line)
            short = await Link(node, invitation.host).answer(invitation.description)
            told("answer", text=wire.Invitation.text(invitation.attempt, node.me, short), guid=digits(node.me))
        elif line.startswith("reach "):
            node.reach(int(line[6:].ljust(32, "0"), 16))


async def main():
    try:
        await asyncio.wait_for(serve(), LIFE_S)
    except asyncio.TimeoutError:
        told("late")


if __name__ == "__main__":
    asyncio.run(main())
    # Links that are up would keep the process.
    os._exit(0)
