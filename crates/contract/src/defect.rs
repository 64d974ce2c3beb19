//! Deliberate defects: what a colleague could get wrong one day, to prove that the simulator, or a named test, says so.
//!
//! They exist only in builds with the feature `testing`, which the simulator turns on and no program does. In every other build
//! [`is_on`] is `false` for the compiler, and nothing of them is left in the program.

/// Makes the enum with its names and stories.
macro_rules! defects {
    ($($(#[doc = $story:literal])+ $defect:ident = $name:literal,)*) => {
        /// One deliberate defect.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Defect { $($(#[doc = $story])+ $defect,)* }

        impl Defect {
            /// Every defect.
            pub const ALL: &[Self] = &[$(Self::$defect,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$defect => $name,)* }
            }

            /// What goes wrong, in a sentence.
            pub fn story(self) -> &'static str {
                match self { $(Self::$defect => concat!($($story),+),)* }
            }
        }
    };
}

defects! {
    // The server.
    /// The receipt of an operation is not written.
    ReceiptNotWritten = "receipt-not-written",
    /// An update applies whatever the field holds now.
    WasIgnored = "was-ignored",
    /// A better fix replaces a position that a person chose.
    RefineOverManual = "refine-over-manual",
    /// A delete does not look at the version it is based on.
    DeleteIgnoresBase = "delete-ignores-base",
    /// An operation that follows a deferred one of its place is not deferred.
    DeferredOvertaken = "deferred-overtaken",
    /// A push is executed whatever epoch it names.
    EpochIgnored = "epoch-ignored",
    /// The head of the feed is read after the page, and not from the same snapshot.
    CursorAfterPage = "cursor-after-page",
    /// A cursor is not asked what it knows that the database no longer does.
    CursorNotChecked = "cursor-not-checked",
    /// The witness of a push is not looked at.
    WitnessIgnored = "witness-ignored",
    /// A number of the feed is given out before the lock of its head is taken.
    NumberBeforeLock = "number-before-lock",
    /// Who may do what with a place is read before its lock, and not again.
    RightsBeforeLock = "rights-before-lock",
    /// A share begins or ends without the lock of its place.
    ShareWithoutLock = "share-without-lock",
    /// A share that is taken back is not taken out of the other person's feed.
    RevokeForgetsFeed = "revoke-forgets-feed",
    /// A state that a device gives back replaces whatever is there.
    OfferOverwrites = "offer-overwrites",
    // The device.
    /// An edit is folded into bytes that were sent already.
    FoldedIntoLeased = "folded-into-leased",
    /// An edit claims that the person saw what the server last said, and not what was on their screen.
    WasFromConfirmed = "was-from-confirmed",
    /// A reply counts whether or not its lease stands.
    LeaseNotChecked = "lease-not-checked",
    /// Any reply counts as the server's, with or without its header.
    ProxyBelieved = "proxy-believed",
    /// A refused token rejects what was sent.
    SignedOutIsRejected = "signed-out-is-rejected",
    /// An operation counts as done when it is sent.
    DoneWhenSent = "done-when-sent",
    /// What a capture lacks clears what the server knows of it.
    AbsenceClears = "absence-clears",
    /// An older word of the server replaces a newer one.
    OlderWordWins = "older-word-wins",
    /// A place that is deleted for good takes along what was typed here and never sent.
    GoneTakesTyped = "gone-takes-typed",
    /// A pull from the start drops own places that the server does not name.
    ResyncDropsOwn = "resync-drops-own",
    /// What a restored server has otherwise is taken without offering what was here.
    NothingOffered = "nothing-offered",
    /// An update of the app empties the outbox.
    OutboxEmptied = "outbox-emptied",
    /// An adoption that is called again after it was killed takes everything over once more.
    AdoptedTwice = "adopted-twice",
    /// Deleting a place that is on its way for the first time makes it vanish here, and the server never hears of it.
    DeletedOnlyHere = "deleted-only-here",
}

/// Whether this defect is on. Always `false` without the feature.
#[cfg(not(feature = "testing"))]
#[inline]
#[must_use]
pub const fn is_on(_: Defect) -> bool {
    false
}

#[cfg(feature = "testing")]
pub use switch::{choose, is_on};

#[cfg(feature = "testing")]
mod switch {
    use std::sync::OnceLock;

    use super::Defect;

    /// Names the defect of a process that nobody chose one for.
    const VARIABLE: &str = "HOLDFAST_DEFECT";

    static CHOSEN: OnceLock<Option<Defect>> = OnceLock::new();

    /// Turns one on for the rest of this process. Returns whether that was possible: it can be chosen once.
    pub fn choose(defect: Defect) -> bool {
        CHOSEN.set(Some(defect)).is_ok()
    }

    /// Whether this defect is on: by [`choose`], or else by the environment.
    #[must_use]
    pub fn is_on(defect: Defect) -> bool {
        *CHOSEN.get_or_init(from_environment) == Some(defect)
    }

    fn from_environment() -> Option<Defect> {
        let name = std::env::var(VARIABLE).ok()?;
        let found = Defect::ALL.iter().copied().find(|defect| defect.name() == name);
        assert!(found.is_some(), "{VARIABLE} names no defect: {name}");
        found
    }
}
