"""Steps 07 to 09 move code and change no answer: the same HTTP session gives the same transcript."""
import pytest

from apps import STEPS, Chat
from clients import PASSWORD
from suite import STRUCTURE, normal

ANN = {'username': 'ann', 'email': 'ann@example.com', 'password': PASSWORD}
SESSION = [  # every route, and every mistake: method, path, form
    ('GET', '/', None), ('GET', '/auth/register', None), ('POST', '/auth/register', {'username': 'no name', 'email': 'x', 'password': 'short'}),
    ('POST', '/auth/register', ANN), ('POST', '/auth/register', ANN), ('GET', '/auth/login?registered=1', None),
    ('POST', '/auth/login', {'username': 'nobody', 'password': 'wrong'}), ('POST', '/auth/login?next=//evil.example', ANN),
    ('POST', '/auth/login?next=/profile', ANN), ('POST', '/', {'body': 'Hello <b>ü</b>'}), ('POST', '/', {'body': ' '}), ('HEAD', '/', None),
    ('POST', '/', {'body': 'a' * 103_000}), ('GET', '/', None), ('GET', '/?page=2', None), ('GET', '/?page=0', None), ('GET', '/user/ANN', None),
    ('GET', '/user/nobody', None), ('GET', '/profile', None), ('POST', '/profile', {'about_me': 'tea'}), ('POST', '/profile', {'about_me': 'a' * 141}),
    ('GET', '/static/style.css', None), ('GET', '/static/nothing', None), ('GET', '/api/users/1', None), ('DELETE', '/', None),
    ('GET', '/auth/logout', None), ('POST', '/auth/logout', {}), ('GET', '/profile', None),
]


def transcript(step, folder):
    """Return what a step answers to the session, to another site, and without its posts: status, headers and body, but not what is random."""
    chat = Chat(step, folder / f'{step}.db')
    browser = chat.browser()

    def ask(method, path, form, **headers):
        answer = getattr(browser, method.lower())(path, status='*', headers=headers, **{'params': form} if form is not None else {})
        lines = [f'{name}: {value}' for name, value in sorted(answer.headers.items())]
        return normal('\n'.join([f'{method} {path}', answer.status, *lines, answer.text if answer.body else '']))
    answers = [ask(*request) for request in SESSION]
    browser.log_in('ann')
    answers.append(ask('POST', '/', {'body': 'I love evil.example'}, Origin='https://evil.example'))
    chat.rows('drop table post')
    return [*answers, ask('GET', '/', None)]


@pytest.mark.parametrize('number', STRUCTURE)
def test_same_transcript(number, tmp_path, monkeypatch):
    """The step gives the same answers to the whole session as the step before, which meets every status there is."""
    monkeypatch.setenv('CHAT_DB', '')
    old, new = transcript(STEPS[number - 2], tmp_path), transcript(STEPS[number - 1], tmp_path)
    for one, two in zip(old, new, strict=True):
        assert one == two
    assert {answer.split('\n')[1][:3] for answer in old} == {'200', '303', '400', '403', '404', '405', '413', '500'}


def test_the_first_database_lasts(tmp_path, monkeypatch):
    """The database that step 03 made works in every later step, and what a later step has added to it does no harm in an earlier one."""
    monkeypatch.setenv('CHAT_DB', '')
    steps = STEPS[2:] * 2
    for number, step in enumerate(steps):
        browser = Chat(step, tmp_path / 'chat.db').browser(f'user{number}')
        browser.say(f'from {step}')
    said = [f'from {step}' for step in reversed(steps)]
    found = browser.get('/search?q=from').html.select('.posts .body')
    assert browser.room() == [body.get_text() for body in found] == said[:20]
