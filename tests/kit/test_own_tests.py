"""The tests that learners write are tested themselves: in 09, 14 and 15."""
import pytest

import own_tests
from suite import FOLDERS, ROOT, copy, run, sys

each_step = pytest.mark.parametrize('number', own_tests.VARIANTS)


def review(folder, number):
    """Return what is said of the tests in a folder."""
    return run([sys.executable, '-W', 'ignore', ROOT / 'tests/own_tests.py', folder, str(number)]).stdout


@each_step
def test_ours_are_good(number):
    """Our own tests are green on our step, and red on each wrong variant, whose right text stands there once."""
    folder = FOLDERS[number - 1]
    for _, file, right, _ in own_tests.VARIANTS[number]:
        assert (folder / file).read_text(encoding='utf-8').count(right) == 1, right
    assert review(folder, number) == ''


@pytest.mark.parametrize('text, says', [
    (None, 'There is no work/test_chat.py yet'), ('x = 1', 'There is no test'), ('def test_x(', 'SyntaxError'),
    ('def test_x():\n    assert 0', 'test_x is red on our step 09'),
    ('def test_x():\n    pass', 'would not notice this mistake: what people say is not kept.'),
    ('import app.db, config\ndef test_x():\n    app.db.open_db(config.Config.DATABASE)', 'Your tests use work/chat.db'),
], ids=['no file', 'no test', 'no Python', 'red', 'blind', 'own room'])
def test_what_is_told(tmp_path, text, says):
    """What is wrong with somebody's tests is told in words."""
    work = copy(FOLDERS[8], tmp_path / 'work')
    (work / 'test_chat.py').unlink()
    if text:
        (work / 'test_chat.py').write_text(text, encoding='utf-8')
    said = review(work, 9)
    assert says in said and 'Traceback' not in said, said
