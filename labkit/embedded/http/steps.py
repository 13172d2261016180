"""The steps of an exchange, done by threads: each takes what has come of the body, and gives an answer or none yet."""

from __future__ import annotations

import logging
from collections.abc import Callable

from labkit.embedded.protocol.wire import Exchange, HttpAnswer, Piece, text_answer

_LOG = logging.getLogger(__name__)
_FAILED = "The embedded AWS failed; its log says why.\n"


def begin(exchange: Exchange) -> HttpAnswer | None:
    """Let an exchange begin, up to the point where it needs the body."""
    return _answered(lambda: next(exchange))


def advance(exchange: Exchange, piece: Piece, *, begun: bool, ended: bool) -> HttpAnswer | None:
    """Hand a piece of the body on, and its end if it has ended."""
    answer = None if begun else begin(exchange)
    if answer is None and piece:
        answer = _answered(lambda: exchange.send(piece))
    if answer is None and ended:
        answer = _answered(lambda: exchange.send(b""))
    return answer


def abandon(exchange: Exchange, piece: Piece, *, begun: bool) -> None:
    """Hand on what came before the client left, and end the exchange without an answer."""
    if piece:
        advance(exchange, piece, begun=begun, ended=False)
    exchange.close()


def _answered(step: Callable[[], None]) -> HttpAnswer | None:
    try:
        step()
    except StopIteration as answered:
        answer: HttpAnswer = answered.value
        return answer
    except Exception:
        _LOG.exception("a request failed")
        return text_answer(500, _FAILED)
    return None
