"""A child answers, prints, runs out of time or dies, and is never left behind."""

import os

import pytest

from compare.common.child import KEPT, Child, ChildError

SERVE = """
from compare.common.channel import private_channel, receive, send
inbox, outbox = private_channel()
while (message := receive(inbox)) is not None:
    send(outbox, eval(message))
"""
WAIT = "__import__('time').sleep(60)"


@pytest.fixture
def child():
    with Child(SERVE) as child:
        yield child


def test_questions_are_answered_in_turn(child):
    assert [child.ask(question, 60) for question in ("1 + 1", "'a' * 3")] == [2, "aaa"]
    child.finish(60)
    assert child.process.poll() == 0


def test_it_leads_a_process_group_and_gets_its_variables():
    with Child(SERVE, environment={"COLOUR": "blue"}) as child:
        assert child.ask("__import__('os').environ['COLOUR']", 60) == "blue"
        assert child.ask("__import__('os').getpgrp()", 60) == child.process.pid != os.getpgrp()


def test_it_reads_nothing_and_what_it_prints_is_kept_from_the_beginning(child):
    assert child.ask("__import__('sys').stdin.read()", 60) == ""
    child.ask(f"print('first' + 'x' * {2 * KEPT} + chr(10) + 'last') or 1", 60)
    child.finish(60)
    child.end()
    assert child.printed.startswith("first") and len(child.printed) == KEPT
    assert child.last_words() == "last"


def test_one_that_is_late_is_ended(child):
    child.ask("1", 60)
    with pytest.raises(ChildError) as raised:
        child.ask(WAIT, 0.5)
    assert raised.value.late and raised.value.status is None
    assert child.process.poll() is not None


@pytest.mark.parametrize(("statement", "status"), [("_exit(3)", 3), ("kill(os.getpid(), 9)", -9)])
def test_how_one_ended_is_known(statement, status, child):
    with pytest.raises(ChildError) as raised:
        child.ask(f"(os := __import__('os')).{statement}", 60)
    assert not raised.value.late and raised.value.status == status


def test_an_answer_that_is_no_message_is_unreadable():
    with Child("import sys; sys.stdin.readline(); print('hello', flush=True); sys.stdin.read()") as child:
        with pytest.raises(ChildError, match="Expecting value"):
            child.ask("1", 60)
        assert child.process.poll() is not None


def test_a_message_that_cannot_be_sent_ends_nothing(child):
    with pytest.raises(TypeError, match="not JSON serializable"):
        child.ask({1, 2}, 60)
    assert child.ask("3", 60) == 3


def test_a_process_that_it_left_behind_delays_no_one(child):
    left = "__import__('subprocess').Popen(['sleep', '30'], stdout=2, start_new_session=True).pid"
    pid = child.ask(left, 60)
    with pytest.raises(ChildError):
        child.ask("__import__('os')._exit(0)", 60)
    os.kill(pid, 9)
