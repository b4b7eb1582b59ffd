//! The audit log as people read it: what was changed, by whom, when.

super::words! {
    /// What a change is about; the log is filtered by it.
    Area { Goal = "goal", Network = "network", Key = "key", Game = "game", Player = "player", Person = "person" }
}

impl Area {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Goal => "Goals",
            Self::Network => "Networks",
            Self::Key => "API keys",
            Self::Game => "Game",
            Self::Player => "Players",
            Self::Person => "People",
        }
    }
}

super::words! {
    /// One kind of change.
    Action {
        GoalCreated = "goal.created", GoalChanged = "goal.changed", GoalPaused = "goal.paused", GoalResumed = "goal.resumed",
        GoalArchived = "goal.archived", GoalRestored = "goal.restored",
        Connected = "connection.connected", Reconnected = "connection.reconnected", Disconnected = "connection.disconnected",
        Enabled = "connection.enabled", Disabled = "connection.disabled", TestCode = "connection.test_code",
        Transport = "connection.transport", TryAgain = "connection.try_again", TestEvent = "connection.test_event",
        Named = "connection.named", Mapped = "connection.mapped", SentNow = "conversions.sent_now",
        KeyRotated = "api_key.rotated", KeyTakenOver = "api_key.taken_over", KeyRemoved = "api_key.removed",
        GameCreated = "game.created", GameChanged = "game.changed",
        PlayerExported = "player.exported", ErasureAsked = "player.erasure_asked", PlayerErased = "player.erased",
        OwnerCreated = "owner.created", PasswordChanged = "password.changed", PasswordReset = "password.reset",
    }
}

impl Action {
    pub const fn area(self) -> Area {
        match self {
            Self::GoalCreated | Self::GoalChanged | Self::GoalPaused | Self::GoalResumed | Self::GoalArchived | Self::GoalRestored => {
                Area::Goal
            }
            Self::Connected
            | Self::Reconnected
            | Self::Disconnected
            | Self::Enabled
            | Self::Disabled
            | Self::TestCode
            | Self::Transport
            | Self::TryAgain
            | Self::TestEvent
            | Self::Named
            | Self::Mapped
            | Self::SentNow => Area::Network,
            Self::KeyRotated | Self::KeyTakenOver | Self::KeyRemoved => Area::Key,
            Self::GameCreated | Self::GameChanged => Area::Game,
            Self::PlayerExported | Self::ErasureAsked | Self::PlayerErased => Area::Player,
            Self::OwnerCreated | Self::PasswordChanged | Self::PasswordReset => Area::Person,
        }
    }
}
