//! The steps of the protocols' state machines, and the one table over [`Protocol`] of
//! this room: which machine plays a protocol, and what its clients do on their
//! connections.
//!
//! Whoever adds a protocol adds a row to `ProtocolFacts::of` and, where no machine of
//! [`Machine`] plays it, a machine; the compiler tells every other place. Must not know
//! what a step costs or where it is served. Next: [`super::roster`].

use crate::model::protocol::Protocol;
use crate::model::unit_costs::Figure;

/// Programs of a cohort: one a step, and beside each that of a step whose connection is
/// opened again first.
pub const STEPS: usize = 16;

/// A step of whichever state machine, and whether its connection is opened again first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step(u8);

impl Step {
    /// The first contact: logon, connection, or the one request of a session.
    pub const FIRST: Self = Self(0);
    /// Opening a connection again while no step waits for it.
    pub(super) const REOPENING: Self = Self(REOPENS);

    /// The same step, once its connection has been opened again.
    pub(super) fn reopened_first(self) -> Self {
        Self(self.0 | REOPENS)
    }

    /// Whether a connection is opened again first.
    #[inline]
    pub(super) fn reopens(self) -> bool {
        self.0 & REOPENS != 0
    }

    /// The step itself.
    #[inline]
    pub(super) fn itself(self) -> Self {
        Self(self.0 & !REOPENS)
    }

    /// Place among the programs of a cohort.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// As it stands in the tag of a request.
    #[inline]
    pub(super) fn to_tag(self) -> u32 {
        u32::from(self.0)
    }

    /// Read back from the tag of a request.
    #[inline]
    pub(super) fn of_tag(tag: u32) -> Self {
        Self(tag as u8)
    }
}

/// Set in a step that waits for its connection to be opened again, which comes first.
const REOPENS: u8 = 8;

/// Declares the steps of one machine.
macro_rules! steps {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $step:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$doc])* $step,)*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$step,)*];

            /// The step of this machine that `step` is.
            #[inline]
            #[allow(dead_code, reason = "not every machine asks which of its steps has ended")]
            pub(super) fn of(step: Step) -> Self {
                Self::ALL[step.itself().index()]
            }
        }

        const _: () = assert!($name::ALL.len() <= REOPENS as usize);

        impl From<$name> for Step {
            #[inline]
            fn from(step: $name) -> Self {
                Self(step as u8)
            }
        }
    };
}

steps! {
    /// Steps of OWA.
    OwaStep {
        /// Forms logon up to the mailbox page and its resources.
        Logon,
        /// Opens a message.
        Read,
        /// Sends one.
        Send,
        /// Deletes, moves or files one.
        Delete,
        /// Asks for notifications.
        Poll,
        /// Logs off.
        Logoff,
        /// Looks into the inbox: the list of messages anew.
        Inbox,
        /// Searches.
        Search,
    }
}

steps! {
    /// Steps of ActiveSync.
    EasStep {
        /// First contact of a partnership period: OPTIONS and FolderSync.
        Start,
        /// Held until new mail or the end of the heartbeat.
        Ping,
        /// A Ping that was held already when the run began.
        Resumed,
        /// Fetches changes.
        Sync,
        /// Sends a message.
        Send,
        /// A Ping whose connection is forgotten while it is held.
        Forgotten,
    }
}

steps! {
    /// Steps of Outlook, however it is connected.
    OutlookStep {
        /// Opens the connection and logs on.
        Connect,
        /// Downloads a message.
        Receive,
        /// Sends one.
        Send,
        /// Any other task: delete, move, calendar, free/busy.
        Task,
        /// Keeps an idle connection alive.
        KeepAlive,
    }
}

steps! {
    /// Steps of POP3.
    PopStep {
        /// Connect, USER, PASS, STAT, LIST, UIDL and QUIT.
        Open,
        /// RETR of one message.
        Retrieve,
    }
}

steps! {
    /// Steps of IMAP4.
    ImapStep {
        /// Connect, LOGIN, CAPABILITY, SELECT and IDLE.
        Logon,
        /// FETCH of a new message.
        Fetch,
        /// Ends IDLE and issues it again.
        Idle,
    }
}

steps! {
    /// The one step of EWS, Autodiscover and the offline address book.
    WebStep {
        /// The request.
        Ask,
    }
}

/// Which state machine plays a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    /// A user in a browser.
    Owa,
    /// A device with Direct Push.
    Eas,
    /// A connection for the working day, and tasks on it.
    Outlook,
    /// A poll at an interval.
    Pop,
    /// A connection for the working day that waits for mail.
    Imap,
    /// Sessions of one request.
    Web(Recurrence),
}

/// When sessions of one request come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recurrence {
    /// As a Poisson process along the day curve.
    AllDay,
    /// Once a day, when the working day begins.
    DayBegin,
    /// Once a day, in the first half of the working day.
    FirstHalf,
}

impl Machine {
    /// Whether its clients count the mail that arrives at their mailbox.
    pub(super) fn follows_mail(self) -> bool {
        match self {
            Self::Eas | Self::Pop | Self::Imap => true,
            Self::Owa | Self::Outlook | Self::Web(_) => false,
        }
    }

    /// Whether its clients keep a connection open for the day, and live by it.
    #[inline]
    pub(super) fn lives_by_a_connection(self) -> bool {
        match self {
            Self::Outlook | Self::Imap => true,
            Self::Owa | Self::Eas | Self::Pop | Self::Web(_) => false,
        }
    }
}

/// What carries the requests of a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transport {
    /// HTTP, counted against the limits of web requests.
    Web,
    /// RPC in HTTP.
    RpcOverHttp,
    /// RPC by itself, inside.
    Rpc,
    /// MAPI in HTTP.
    MapiOverHttp,
    /// Commands of POP3 or IMAP4.
    Mail,
}

impl Transport {
    /// Whether its requests are RPC.
    pub(super) fn is_rpc(self) -> bool {
        match self {
            Self::RpcOverHttp | Self::Rpc => true,
            Self::Web | Self::MapiOverHttp | Self::Mail => false,
        }
    }
}

/// How a client proves who it is on a new connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LogsOn {
    /// By a form where there is one, else by the strongest method on offer.
    Form,
    /// By Basic up front where it is on offer, else by the strongest method.
    BasicFirst,
    /// By the strongest method on offer.
    Strongest,
    /// As `outlook_auth` says.
    OutlookSetting,
    /// By the Kerberos ticket of an RPC bind.
    Ticket,
    /// By commands that are counted among its steps.
    Commands,
}

/// The longest for which nothing is sent on a connection that a client means to keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Silence {
    /// The heartbeat of a held request.
    Heartbeat,
    /// The keep-alive of Outlook.
    KeepAlive,
    /// The IDLE of IMAP4.
    Idle,
    /// The interval of OWA's notification polls.
    Poll,
    /// No end: the next request opens a connection of its own where it must.
    Unbounded,
    /// No connection outlasts its request, or its poll.
    NoConnection,
}

/// What clients need to know of a protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ProtocolFacts {
    /// Who plays it.
    pub(super) machine: Machine,
    /// What carries its requests.
    pub(super) transport: Transport,
    /// How it logs on.
    pub(super) logs_on: LogsOn,
    /// How long its connections are silent.
    pub(super) silence: Silence,
    /// A balancer without affinity sends the requests of one session to several servers.
    pub(super) scatters: bool,
    /// Its requests reach the mailbox; else directory data or a file answers them.
    pub(super) asks_the_store: bool,
    /// Bytes of a message received and of one sent, in units of the message size, where
    /// a table has been published.
    pub(super) message_bytes: Option<[Figure; 2]>,
}

impl ProtocolFacts {
    /// The facts of `protocol`.
    #[must_use]
    #[inline]
    pub(super) const fn of(protocol: Protocol) -> Self {
        let web = Self {
            machine: Machine::Web(Recurrence::AllDay),
            transport: Transport::Web,
            logs_on: LogsOn::Strongest,
            silence: Silence::NoConnection,
            scatters: false,
            asks_the_store: true,
            message_bytes: None,
        };
        let outlook = Self {
            machine: Machine::Outlook,
            transport: Transport::Rpc,
            logs_on: LogsOn::Ticket,
            silence: Silence::KeepAlive,
            ..web
        };
        let mail = Self { transport: Transport::Mail, logs_on: LogsOn::Commands, ..web };
        let anywhere = Some([Figure::AnywhereReceived, Figure::AnywhereSent]);
        match protocol {
            Protocol::Owa => Self {
                machine: Machine::Owa,
                logs_on: LogsOn::Form,
                silence: Silence::Poll,
                scatters: true,
                message_bytes: Some([Figure::OwaReceived, Figure::OwaSent]),
                ..web
            },
            Protocol::Eas => Self {
                machine: Machine::Eas,
                logs_on: LogsOn::BasicFirst,
                silence: Silence::Heartbeat,
                scatters: true,
                ..web
            },
            Protocol::OutlookAnywhere => Self {
                transport: Transport::RpcOverHttp,
                logs_on: LogsOn::OutlookSetting,
                message_bytes: anywhere,
                ..outlook
            },
            Protocol::OutlookCached => {
                Self { message_bytes: Some([Figure::CachedReceived, Figure::CachedSent]), ..outlook }
            }
            Protocol::OutlookOnline => {
                Self { message_bytes: Some([Figure::OnlineReceived, Figure::OnlineSent]), ..outlook }
            }
            // Its requests are answered on other connections than the long poll.
            Protocol::MapiHttp => Self {
                transport: Transport::MapiOverHttp,
                logs_on: LogsOn::Strongest,
                silence: Silence::Unbounded,
                scatters: true,
                message_bytes: anywhere,
                ..outlook
            },
            Protocol::Ews => web,
            Protocol::Autodiscover => {
                Self { machine: Machine::Web(Recurrence::DayBegin), asks_the_store: false, ..web }
            }
            Protocol::Oab => {
                Self { machine: Machine::Web(Recurrence::FirstHalf), asks_the_store: false, ..web }
            }
            Protocol::Pop => Self { machine: Machine::Pop, ..mail },
            Protocol::Imap => Self { machine: Machine::Imap, silence: Silence::Idle, ..mail },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_and_its_reopening_are_told_apart() {
        let read = Step::from(OwaStep::Read);
        let again = read.reopened_first();
        assert!(again.reopens() && !read.reopens());
        assert_eq!((again.itself(), Step::of_tag(again.to_tag())), (read, again));
        assert_eq!(OwaStep::of(again), OwaStep::Read);
        assert!(again.index() < STEPS);
    }

    /// Steps of one number stand for the first contact in every machine.
    #[test]
    fn the_first_step_is_the_first_contact() {
        let firsts: [Step; 6] = [
            OwaStep::Logon.into(),
            EasStep::Start.into(),
            OutlookStep::Connect.into(),
            PopStep::Open.into(),
            ImapStep::Logon.into(),
            WebStep::Ask.into(),
        ];
        assert_eq!(firsts, [Step::FIRST; 6]);
    }
}
