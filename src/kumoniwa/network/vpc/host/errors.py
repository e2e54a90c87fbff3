"""What goes wrong with the networks of mode `vpc` on this host."""

from kumoniwa.refusal import Refusal, sentence

_SEE_DOCTOR = "kumoniwa doctor says what this host lacks."


class NetworkFailed(Refusal):
    """A network could not be made, or not be changed."""

    def __init__(self, what: str, *, way_out: str = _SEE_DOCTOR) -> None:
        super().__init__(sentence(what), way_out=way_out)


class NetworkRefused(NetworkFailed):
    """The host refused something in a network. The text is the kernel's, or the program's."""


class KeeperLost(NetworkFailed):
    """The network's keeper is gone or does not answer. Asked again, another one takes its place."""


class KeeperSilent(KeeperLost):
    """The network's keeper is there, and did not answer in time."""
