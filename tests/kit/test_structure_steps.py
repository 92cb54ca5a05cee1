"""Steps 07 to 09 move code and change no answer: the same HTTP session gives the same transcript."""
import pytest

from apps import STEPS, Chat
from clients import PASSWORD
from suite import STRUCTURE, normal

ANN = f'username=ann&email=ann@example.com&password={PASSWORD}'
SESSION = f"""
GET /
GET /auth/register
POST /auth/register username=no+name&email=x&password=short
POST /auth/register {ANN}
POST /auth/register {ANN}
GET /auth/login
POST /auth/login username=nobody&password=wrong
POST /auth/login?next=/profile {ANN}
POST / body=Hello+<b>%C3%BC</b>
POST / body=+
POST / body={'a' * 103_000}
GET /
GET /?page=2
GET /?page=0
GET /user/ANN
GET /user/nobody
GET /profile
POST /profile about_me=tea
POST /profile about_me={'a' * 141}
GET /static/style.css
DELETE /
POST /auth/logout
GET /profile
"""  # every route, and every mistake


def transcript(step, folder):
    """Return what a step answers to the session, to another site, and without its posts; not what is random."""
    chat = Chat(step, folder / f'{step}.db')
    browser = chat.browser()

    def ask(request, **headers):
        method, path, *form = request.split(' ', 2)
        answer = getattr(browser, method.lower())(path, *form, status='*', headers=headers)
        lines = [f'{name}: {value}' for name, value in sorted(answer.headers.items())]
        return normal('\n'.join([request, answer.status, *lines, answer.text if answer.body else '']))
    answers = [ask(request) for request in SESSION.strip().splitlines()]
    browser.log_in('ann')
    answers.append(ask('POST / body=I+love+evil.example', Origin='https://evil.example'))
    chat.rows('drop table post')
    return [*answers, ask('GET /')]


@pytest.mark.parametrize('number', STRUCTURE)
def test_same_transcript(number, tmp_path, monkeypatch):
    """The step answers the whole session as the step before does. It meets every status there is."""
    monkeypatch.setenv('CHAT_DB', '')
    old, new = transcript(STEPS[number - 2], tmp_path), transcript(STEPS[number - 1], tmp_path)
    for one, two in zip(old, new, strict=True):
        assert one == two
    assert {answer.split('\n')[1][:3] for answer in old} == {'200', '303', '400', '403', '404', '405', '413', '500'}


def test_the_first_database_lasts(tmp_path, monkeypatch):
    """The database that step 03 made works in every later step, and also when one goes back."""
    monkeypatch.setenv('CHAT_DB', '')
    steps = STEPS[2:] * 2
    for number, step in enumerate(steps):
        browser = Chat(step, tmp_path / 'chat.db').browser(f'user{number}')
        browser.say(f'from {step}')
    said = [f'from {step}' for step in reversed(steps)]
    found = browser.get('/search?q=from').html.select('.posts .body')
    assert browser.room() == [body.get_text() for body in found] == said[:20]
