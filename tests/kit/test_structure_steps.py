"""Steps 04 and 05 move code and change no answer: the same HTTP session gives the same transcript."""
import re

import pytest

from apps import STEPS, Chat
from clients import PASSWORD

SESSION = [  # method, path, form; `next` follows the last redirect
    ('GET', '/', None), ('GET', 'next', None), ('GET', '/auth/register', None),
    ('POST', '/auth/register', {'username': 'no name', 'email': 'x', 'password': 'short'}),
    ('POST', '/auth/register', {'username': 'ann', 'email': 'ann@example.com', 'password': PASSWORD}),
    ('GET', 'next', None), ('POST', '/', {'body': 'Hello <b>ü</b>'}), ('GET', 'next', None), ('POST', '/', {'body': ' '}),
    ('POST', '/', {'body': 'a' * 501}), ('GET', '/user/ann', None), ('GET', '/user/ANN', None), ('GET', '/user/nobody', None),
    ('GET', '/profile', None), ('POST', '/profile', {'about_me': 'I like tea.'}), ('GET', 'next', None),
    ('POST', '/profile', {'about_me': 'a' * 141}), ('GET', '/?page=2', None), ('GET', '/?page=0', None), ('GET', '/user/ann?page=x', None),
    ('GET', '/nothing', None), ('DELETE', '/', None), ('GET', '/auth/logout', None), ('HEAD', '/', None), ('GET', '/static/style.css', None),
    ('GET', '/static/nothing.css', None), ('GET', '/api/users/1', None), ('POST', '/', {'body': 'a' * 103_000}),
    ('POST', '/auth/logout', {}), ('GET', 'next', None), ('GET', '/profile', None),
    ('POST', '/auth/register', {'username': 'ANN', 'email': 'ann2@example.com', 'password': PASSWORD}),
    ('POST', '/auth/login', {'username': 'ann', 'password': 'wrong'}), ('POST', '/auth/login', {'username': 'nobody', 'password': 'wrong'}),
    ('POST', '/auth/login?next=/profile', {'username': 'ann', 'password': PASSWORD}), ('GET', 'next', None),
    ('POST', '/auth/login?next=//evil.example', {'username': 'ann', 'password': PASSWORD}),
]


def transcript(step, folder):
    """Return what a step answers to the session: status, headers and body, without what is random and without times."""
    chat = Chat(step, folder / f'{step}.db')
    browser = chat.browser()
    answers, following = [], None
    for method, path, form in SESSION:
        request = {'params': form} if form is not None else {}
        answer = getattr(browser, method.lower())(following if path == 'next' else path, status='*', **request)
        following = answer.headers.get('Location', following)
        headers = sorted(f'{name}: {value}' for name, value in answer.headers.items())
        text = '\n'.join([f'{method} {path}', answer.status, *headers, answer.text if answer.body else ''])
        answers.append(normal(text))
    chat.rows('drop table post')
    crash = browser.get('/', status='*')
    return [*answers, normal(crash.status + crash.text)]


def normal(text):
    """Return a text without tokens, times, and hashes of times."""
    text = re.sub(r'token=[\w-]{43}', 'token=TOKEN', text)
    text = re.sub(r'(?<=Etag: )\w+', 'ETAG', text, flags=re.IGNORECASE)
    return re.sub(r'\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\dZ)?)?|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT', 'TIME', text)


@pytest.mark.parametrize('number', [4, 5])
def test_same_transcript(number, tmp_path, monkeypatch):
    """The step gives the same answers to the whole session as the step before."""
    monkeypatch.setenv('CHAT_DB', '')
    old, new = transcript(STEPS[number - 2], tmp_path), transcript(STEPS[number - 1], tmp_path)
    assert len(old) == len(SESSION) + 1
    for one, two in zip(old, new):
        assert one == two


def test_the_first_database_lasts(tmp_path, monkeypatch):
    """The database that step 01 made works in every later step, and what a later step has added to it does no harm in an earlier one."""
    monkeypatch.setenv('CHAT_DB', '')
    steps = [*STEPS, *STEPS]
    for number, step in enumerate(steps):
        chat = Chat(step, tmp_path / 'chat.db')
        chat.browser(f'user{number}')
        browser = chat.browser()
        browser.log_in('user0')
        browser.say(f'from {step}')
    said = [f'from {step}' for step in reversed(steps)]
    found = browser.get('/search?q=from').html.select('.posts .body')
    assert browser.room() == [body.get_text() for body in found] == said[:len(found)] and len(found) > len(STEPS)
