from compare import networks
from compare.common.results import plain
from compare.networks import data
from compare.report.text import curves as text
from compare.training import train, training
from tests.compare.training.planted import BiasAveraged, NanFromStart, planted

DIGITS = data.load()


def said(**settings):
    return text.curves(plain(train(settings.pop("net", networks.network()), DIGITS, **settings)))


def test_agreement_is_said_first_and_fits_100_columns():
    lines = said(steps=4).splitlines()
    assert lines[0] == "AGREE  hand, torch and jax train alike for all 4 steps."
    assert lines[1].startswith("The largest relative difference of two losses is")
    assert max(map(len, lines)) <= 100


def test_parting_names_the_contender_and_the_step():
    lines = said(net=planted(networks.network(), BiasAveraged), steps=4).splitlines()
    assert lines[0].startswith("PART  hand parts from the others at step 0")
    assert lines[1].startswith("Wrong gradient: at step 0 hand's gradient of b")


def test_a_nan_is_said():
    assert "PART  hand parts from the others at step 0" in said(
        net=planted(networks.network(), NanFromStart), steps=2
    )


def test_an_absent_contender_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(
        training, "absent", lambda who: "jax is not installed: pip install jax" if who == "jax" else None
    )
    told = said(steps=2)
    assert "hand and torch train alike" in told and "absent: jax is not installed: pip install jax" in told


def test_hand_alone_is_not_called_agreement(monkeypatch):
    monkeypatch.setattr(training, "absent", lambda who: None if who == "hand" else f"{who} is not installed")
    assert said(steps=2).startswith("ALONE  Only hand took part")


def test_a_stopped_run_says_how_far_it_came():
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    assert "all 2 steps (stopped after 2 of 9)" in said(steps=9, progress=stop)
