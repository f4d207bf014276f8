// Invitations as bytes, read and written a second time, from their description alone: what a stranger's program would do.
//
// In bytes: version and kind, the attempt (6), the inviter's GUID (16), SHA-256 fingerprint (32), user and password (each with a
// byte that tells its form), then the UDP candidates.

const TYPES = ['host', 'srflx', 'prflx', 'relay'];
const SETUPS = ['actpass', 'active', 'passive'];
const bare = (text) => text.replace(/=+$/, '');

/** An invitation's parts, from a link or its text. */
export function read(text) {
  const bytes = Buffer.from(text.split(/[=/#?&]/).at(-1), 'base64url');
  let at = 0;
  const take = (length) => bytes.subarray(at, (at += length));
  const [head] = take(1);
  const token = () => {
    const [form] = take(1);
    if (form < 64) return bare(take(3 * form).toString('base64'));
    return form < 128 ? take(form - 64).toString('hex') : take(form - 128).toString('latin1');
  };
  const parts = {
    version: head >> 4,
    answer: (head & 8) !== 0,
    setup: SETUPS[head & 7],
    attempt: take(6).toString('hex'),
    from: take(16).toString('hex').toUpperCase(),
    fingerprint: [...take(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':'),
    user: token(),
    password: token(),
    candidates: [],
  };
  while (at < bytes.length) {
    const [kind] = take(1);
    const family = kind & 15;
    const address = take(family === 0 ? 4 : 16);
    const hex = address.toString('hex');
    const name = [
      () => [...address].join('.'),
      () => hex.match(/.{4}/g).join(':'),
      () => `${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}.local`,
    ][family]();
    parts.candidates.push({ type: TYPES[kind >> 4], address: name, port: take(2).readUInt16BE() });
  }
  return parts;
}

/** The session description that parts stand for. */
export function sdp({ setup, fingerprint, user, password, candidates }) {
  const lines = candidates.map(({ type, address, port }, index) => {
    const related = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0';
    return `a=candidate:${index} 1 udp ${2_113_937_151 - index} ${address} ${port} typ ${type}${related}`;
  });
  return [
    'v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0', ...lines, `a=ice-ufrag:${user}`, `a=ice-pwd:${password}`, `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`, 'a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:262144', '',
  ].join('\r\n');
}

/** An answer's text, from the description of whoever answers and the invitation's attempt. */
export function answer(description, attempt, from) {
  const value = (name) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(description)[1].trim();
  const token = (text) => Buffer.concat([Buffer.from([128 + text.length]), Buffer.from(text, 'latin1')]);
  const candidates = [...description.matchAll(/^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/gim)];
  const fingerprint = value('fingerprint').replace('sha-256 ', '').split(':').map((pair) => Number.parseInt(pair, 16));
  return Buffer.concat([
    Buffer.from([(1 << 4) | 8 | SETUPS.indexOf(value('setup'))]),
    Buffer.from(attempt, 'hex'),
    Buffer.from(from, 'hex'),
    Buffer.from(fingerprint),
    token(value('ice-ufrag')),
    token(value('ice-pwd')),
    ...candidates.map(([, address, port]) => Buffer.from([0, ...address.split('.').map(Number), port >> 8, port & 255])),
  ]).toString('base64url');
}
