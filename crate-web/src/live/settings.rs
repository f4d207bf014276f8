//! What a person may set, kept in this browser: a name, servers that help with finding ways, trackers and a room.

use crate::dom;

use super::rtc::Server;

/// Servers named at first. They see a public address, and nothing of what is said.
const STUN: &str = "stun:stun.l.google.com:19302\nstun:stun.cloudflare.com:3478";
/// Trackers named at first: public ones that take browsers. None is asked before a room is entered.
const TRACKERS: &str = "wss://tracker.webtorrent.dev\nwss://tracker.openwebtorrent.com\nwss://tracker.btorrent.xyz";
/// Most entries of a list.
const LINES_MAX: usize = 5;
/// Longest entry of a list, and longest name of a room.
const CHARACTERS_MAX: usize = 120;

/// A setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// What the member is called.
    Name,
    /// STUN servers, one a line.
    Stun,
    /// A TURN server.
    Turn,
    /// Its user.
    User,
    /// Its password.
    Password,
    /// Trackers, one a line.
    Trackers,
    /// The room's name.
    Room,
}

impl Entry {
    const ALL: [Self; 7] = [Self::Name, Self::Stun, Self::Turn, Self::User, Self::Password, Self::Trackers, Self::Room];

    const fn key(self) -> &'static str {
        match self {
            Self::Name => "overlay-lab-live-name",
            Self::Stun => "overlay-lab-live-stun",
            Self::Turn => "overlay-lab-live-turn",
            Self::User => "overlay-lab-live-turn-user",
            Self::Password => "overlay-lab-live-turn-password",
            Self::Trackers => "overlay-lab-live-trackers",
            Self::Room => "overlay-lab-live-room",
        }
    }

    const fn first(self) -> &'static str {
        match self {
            Self::Stun => STUN,
            Self::Trackers => TRACKERS,
            _ => "",
        }
    }
}

/// All settings, as typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings([String; 7]);

impl Settings {
    /// Those of the last visit.
    #[must_use]
    pub fn recalled() -> Self {
        Self(Entry::ALL.map(|entry| dom::recall(entry.key()).unwrap_or_else(|| entry.first().into())))
    }

    /// A setting as typed.
    #[must_use]
    pub fn text(&self, entry: Entry) -> &str {
        &self.0[entry as usize]
    }

    /// Changes a setting for this visit.
    pub fn set(&mut self, entry: Entry, text: String) {
        self.0[entry as usize] = text;
    }

    /// Keeps a setting for the next visit as well.
    pub fn keep(&self, entry: Entry) {
        dom::remember(entry.key(), Some(self.text(entry)));
    }

    /// Servers for new links.
    ///
    /// # Errors
    /// A sentence on what cannot be one.
    pub fn servers(&self) -> Result<Vec<Server>, String> {
        let mut servers = self.stun()?;
        servers.extend(self.turn()?);
        Ok(servers)
    }

    /// STUN servers.
    ///
    /// # Errors
    /// A sentence on what cannot be one.
    pub fn stun(&self) -> Result<Vec<Server>, String> {
        let lines = lines(self.text(Entry::Stun))?;
        let server = |line: &str| match line.split_once(':') {
            Some(("stun" | "stuns", host)) if is_host(host) => Ok(Server { url: line.into(), credentials: None }),
            _ => Err(format!("“{line}” is no STUN server: write stun:host or stun:host:port.")),
        };
        lines.into_iter().map(server).collect()
    }

    /// The TURN server, if one is named.
    ///
    /// # Errors
    /// A sentence on why it cannot be one.
    pub fn turn(&self) -> Result<Option<Server>, String> {
        let url = self.text(Entry::Turn).trim();
        if url.is_empty() {
            return Ok(None);
        }
        let host = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:"));
        let plain = host.map(|host| host.split('?').next().unwrap_or_default());
        if !plain.is_some_and(is_host) || url.len() > CHARACTERS_MAX {
            return Err(
                "A TURN server is written turn:host:port or turns:host:port, with ?transport=tcp if need be.".into()
            );
        }
        let [user, password] = [Entry::User, Entry::Password].map(|entry| self.text(entry).trim().to_string());
        if user.is_empty() || password.is_empty() {
            return Err("A TURN server asks for a user and a password.".into());
        }
        Ok(Some(Server { url: url.into(), credentials: Some((user, password)) }))
    }

    /// Trackers.
    ///
    /// # Errors
    /// A sentence on what cannot be one.
    pub fn trackers(&self) -> Result<Vec<String>, String> {
        let lines = lines(self.text(Entry::Trackers))?;
        if lines.is_empty() {
            return Err("Name at least one tracker, such as wss://tracker.example.".into());
        }
        let near = is_near(&dom::window().location().hostname().unwrap_or_default());
        for line in &lines {
            tracker(line, near)?;
        }
        Ok(lines.into_iter().map(String::from).collect())
    }

    /// The room's name.
    ///
    /// # Errors
    /// A sentence on why it cannot be one.
    pub fn room(&self) -> Result<String, String> {
        let room = self.text(Entry::Room).trim();
        match room.chars().count() {
            0 => Err("Give the room a name that others can type and strangers do not guess.".into()),
            count if count > CHARACTERS_MAX => Err(format!("A room's name has at most {CHARACTERS_MAX} characters.")),
            _ => Ok(room.into()),
        }
    }

    /// Whether the trackers are those named at first.
    #[must_use]
    pub fn has_first_trackers(&self) -> bool {
        self.text(Entry::Trackers).trim() == TRACKERS
    }
}

fn lines(text: &str) -> Result<Vec<&str>, String> {
    let lines: Vec<&str> = text.split(['\n', ',', ' ']).map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.iter().find(|line| line.len() > CHARACTERS_MAX) {
        Some(_) => Err(format!("An address has at most {CHARACTERS_MAX} characters.")),
        None if lines.len() > LINES_MAX => Err(format!("At most {LINES_MAX} servers, please.")),
        None => Ok(lines),
    }
}

fn is_host(host: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !host.is_empty() && host.chars().all(fine)
}

/// Whether a page's host is this machine: then a tracker may be, too.
fn is_near(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

fn tracker(url: &str, near: bool) -> Result<(), String> {
    let secure = url.strip_prefix("wss://");
    let local = url.strip_prefix("ws://").filter(|rest| near && is_near(rest.split([':', '/']).next().unwrap_or("")));
    let rest = secure.or(local);
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._:[]/?=&%".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && rest.chars().all(fine) => Ok(()),
        _ => Err(format!("“{url}” is no tracker for browsers: its address begins with wss://.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(Entry, &str)]) -> Settings {
        let mut settings = Settings(Entry::ALL.map(|entry| entry.first().into()));
        entries.iter().for_each(|(entry, text)| settings.set(*entry, (*text).into()));
        settings
    }

    #[test]
    fn stun_servers_are_read_one_a_line() {
        let servers = settings(&[(Entry::Stun, "stun:a.example\n\n stun:b.example:3478 ")]).stun();
        let urls: Vec<String> = servers.expect("both are servers").into_iter().map(|server| server.url).collect();
        assert_eq!(urls, ["stun:a.example", "stun:b.example:3478"]);
        assert_eq!(settings(&[(Entry::Stun, "")]).servers(), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_server_is_named_in_the_sentence() {
        for bad in ["http://a", "stun:", "stun:a/b", "stun:<script>"] {
            assert!(settings(&[(Entry::Stun, bad)]).stun().is_err_and(|sentence| sentence.contains(bad)), "{bad}");
        }
        assert!(settings(&[(Entry::Stun, &"stun:a ".repeat(6))]).stun().is_err());
    }

    #[test]
    fn a_turn_server_needs_a_user_and_a_password() {
        let turn = |user, password| {
            settings(&[
                (Entry::Turn, "turn:t.example:3478?transport=tcp"),
                (Entry::User, user),
                (Entry::Password, password),
            ])
            .turn()
        };
        assert!(turn("", "").is_err() && turn("u", "").is_err());
        assert!(turn("u", "p").is_ok_and(|server| server.is_some_and(|server| server.credentials.is_some())));
    }

    #[test]
    fn a_tracker_of_this_machine_is_taken_only_by_a_page_of_this_machine() {
        assert!(tracker("wss://tracker.example/announce", false).is_ok());
        assert!(tracker("ws://127.0.0.1:8000", true).is_ok());
        assert!(tracker("ws://127.0.0.1:8000", false).is_err());
        for bad in ["ws://tracker.example", "https://tracker.example", "wss://", "wss://a b", "ws://127.0.0.1.evil"] {
            assert!(tracker(bad, true).is_err(), "{bad}");
        }
    }
}
