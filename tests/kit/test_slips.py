"""tasks.py check names what in work/ is not as its page has it, and nothing else."""
import pytest

import slips
from learner import starting_point
from suite import FOLDERS, copy, each_step, replace


@each_step
def test_nothing(folder, tmp_path):
    """Neither what a step starts from nor the finished step has slips."""
    index = FOLDERS.index(folder)
    for name, text in starting_point(index).items():
        (tmp_path / 'work' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'work' / name).write_text(text, encoding='utf-8')
    assert slips.tell(tmp_path / 'work', index, is_green=False) == []
    assert slips.tell(copy(folder, tmp_path / 'finished'), index, is_green=True) == []


SLIPS = {  # page 13: file, right text, wrong text, what check says
    'a wrong word': ('app/db.py', "'expires_at': expires_at", "'expires_at': expires", 'app/db.py:112: add_token'),
    'a line less': ('app/db.py', "    get_db().table('token').delete_where('expires_at <= ?', [utc_now()])\n", '',
                    "app/db.py:108: add_token: this is missing: get_db().table('token').delete_where("),
    'two lines swapped': ('app/api/users.py', "@bp.route('/users/<id:id>')\n@token_required",
                          "@token_required\n@bp.route('/users/<id:id>')", 'app/api/users.py:36: get_user'),
    'a line of an earlier step': ('app/blueprint.py', '        self.hooks = []\n', '',
                                  'app/blueprint.py: this is gone: self.hooks = []'),
    'in another layout': ('app/db.py', "return {'token': token, 'expires_at': expires_at}",
                          'return {\n        "token": token,\n        "expires_at": expires_at,\n    }', ''),
    'in a template': ('app/templates/error.tpl', 'title=', 'titel=', 'app/templates/error.tpl:1: % rebase('),
    'yours': ('app/api/tokens.py', 'return add_token(user)', 'return 5', 'tokens.py:40: get_token, which is yours'),
    'yours, of an earlier page': ('app/main.py', "'body')", "'text')", ''),
}


@pytest.mark.parametrize('file, right, wrong, told', SLIPS.values(), ids=SLIPS)
def test_slip(tmp_path, file, right, wrong, told):
    """A slip is named by its line, and what is the learner's if there is no slip, while it is red."""
    work = copy(FOLDERS[12], tmp_path / 'work')
    (work / '.reached').write_text('12\nA password buys a token', encoding='utf-8')
    replace(work / file, right, wrong)
    lines = slips.tell(work, 12, is_green=False)
    assert len(lines) == 3 and told in lines[1] if told else lines == []
    assert slips.tell(work, 12, is_green=True)[1:] == ([] if 'yours' in told else lines[1:])


def test_half_a_page(tmp_path):
    """What has not been typed yet is no slip, and what is the learner's in a slice that is green isn't, either."""
    work = copy(FOLDERS[11], tmp_path / 'work')
    (work / '.reached').write_text('12\nA token opens a view', encoding='utf-8')
    (work / 'app/auth.py').write_bytes((FOLDERS[12] / 'app/auth.py').read_bytes())
    replace(work / 'app/api/tokens.py', 'def get_token():\n', 'def get_token():\n    pass\n')
    assert slips.tell(work, 12, is_green=False) == []
    replace(work / 'app/auth.py', 'user if correct', 'user if user')
    assert 'auth.py:51: authenticate' in slips.tell(work, 12, is_green=False)[1]


def test_after_the_capstone(tmp_path):
    """What somebody's own search has outside functions is theirs in later steps, too."""
    work = copy(FOLDERS[15], tmp_path / 'work')
    replace(work / 'app/search.py', "bp = Blueprint('search')", "MOST = 100\nbp = Blueprint('search', MOST)")
    assert slips.tell(work, 15, is_green=True) == []
