"""The tests that learners write are tested themselves: in 09, 14 and 15."""
import pytest

import own_tests
from suite import FOLDERS


@pytest.fixture
def review(nothing_loaded, pytester, monkeypatch):
    """The function that says what is wrong with the tests in a folder; pytester tidies up what it loads."""
    monkeypatch.setenv('CHAT_PASSWORD_COST', '2')
    monkeypatch.delenv('CHAT_DB', raising=False)
    return own_tests.review


@pytest.mark.parametrize('number', own_tests.VARIANTS)
def test_ours_are_good(number, review):
    """Our own tests are green on our step, and red on each wrong variant, whose right text stands there once."""
    folder = FOLDERS[number - 1]
    for _, file, right, _ in own_tests.VARIANTS[number]:
        assert (folder / file).read_text(encoding='utf-8').count(right) == 1, right
    assert review(folder, number) == []


@pytest.mark.parametrize('text, says', [
    (None, 'There is no work/test_chat.py yet'), ('def test_x(', 'SyntaxError'),
    ('def test_x():\n    assert 0', 'test_x is red on our step 09'),
    ('def test_x():\n    pass', 'would not notice this mistake: everybody sees the room without logging in.'),
    ('import app.db, config\ndef test_x():\n    app.db.open_db(config.Config.DATABASE)', 'Your tests use work/chat.db'),
], ids=['no file', 'no Python', 'red', 'blind', 'own room'])
def test_what_is_told(tmp_path, review, text, says):
    """What is wrong with somebody's tests is told in words."""
    (tmp_path / 'work').mkdir()
    if text:
        (tmp_path / 'work/test_chat.py').write_text(text, encoding='utf-8')
    assert says in review(tmp_path / 'work', 9)[0]
