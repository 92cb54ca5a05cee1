"""tasks.py check: where work/ is not as the page of a step has it, as far as that is typed. There may be a slip."""
import re
from collections import defaultdict

from diffs import split
from layout import lay_out_all
from learner import read_reached, starting_point
from steps import STEPS, read_code
from terminal import ME
from versions import find_yours, read_page

MOST = 4  # so many are shown


def tell(work, index, is_green):
    """Return in lines where work/ is not as the page of a step has it; if it is red, also what is the learner's."""
    slips, own = find_slips(work, index)
    if not is_green:
        slips += [f'{place}, which is yours' for place in own]
    if not slips:
        return []
    what = 'Green, and yet not as the page has it, perhaps on purpose' if is_green else \
        'Look here first, where work/ is not as the page has it'
    step = STEPS[index][0].name.partition('-')[0]
    return [f'{what}:', *(f'  work/{slip}' for slip in slips[:MOST]), f'To compare: {ME} diff work {step}']


def find_slips(work, index):
    """Return in two lists the places that are not as the page has them, and those where what is the learner's is not.

    They are lines that stand neither in the step, nor on its page, nor were there before; functions that have all lines
    of the step's, but not just these in their order; and functions that lack a line that the page has shown.
    """
    folder = STEPS[index][0]
    typed, given, finished = read_code(work), starting_point(index), read_code(folder)
    code = lay_out_all(lay_out_all(typed, given), finished)
    old, ours, mine = (read_blocks(files) for files in (given, finished, code))
    slices = re.split('^### ', read_page(folder), flags=re.MULTILINE)[1:]
    known = lines_of(old) | lines_of(ours) | {line.strip() for text in slices for line in text.splitlines()}
    shown = find_shown(slices, finished, lines_of(old), lines_of(mine))
    theirs, theirs_now = find_yours(work, folder), find_own(slices, read_reached(work)[1])
    slips, own = [], []
    for (file, name), numbered in sorted(read_blocks(typed).items()):
        before, wanted, lines = ([*blocks.get((file, name), {}).values()] for blocks in (old, ours, mine))
        odd = [line for line in lines if line.strip() not in known]
        missing = [line for line in shown[file, name] if line in wanted and line not in lines]
        is_whole = {*wanted} <= {*lines} and not {*wanted} <= {*before}
        first = odd[0] if odd else next((line for line, other in zip(lines, wanted) if line != other), '')
        number = next((number for number, line in numbered.items() if line.strip() == first.strip()), min(numbered))
        place = f'{file}:{number}: {name or numbered[number].strip()}'
        if name in theirs_now:
            own += [place] if lines not in (before, wanted) else []
        elif missing and not odd:
            slips.append(f'{place}: this is missing: {missing[0].strip()}')
        elif (before or wanted) and not {file, name} & theirs and (odd or is_whole and lines != wanted):
            slips.append(place)
    return slips, own


def read_blocks(files):
    """Return {(file, function): {number: line}}, without blank lines, comments, docstrings, imports and tests."""
    blocks = defaultdict(dict)
    for file, text in files.items():
        if file.endswith(('.py', '.tpl')) and file != 'test_chat.py':
            text = re.sub(r'^ *"""[^"]*"""$', lambda match: '\n' * match[0].count('\n'), text, flags=re.MULTILINE)
            for number, (name, line) in enumerate(split(text.splitlines()), 1):
                if line.strip() and not line.strip().startswith(('#', 'import ', 'from ')):
                    blocks[file, name][number] = line.rstrip()
    return blocks


def lines_of(blocks):
    """Return the lines of all blocks, without the white space around them."""
    return {line.strip() for lines in blocks.values() for line in lines.values()}


def find_shown(slices, finished, known, there):
    """Return {(file, function): its lines that the page shows}, up to the last slice of which a new line is there."""
    shown, so_far = {}, defaultdict(list)
    for text in slices:
        listings = re.findall(r'^```(?:python|html)(?: try)?\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
        for listing in listings:
            for file, code in finished.items():
                before, found, _ = f'\n{code}'.partition(f'\n{listing}')
                rows = split(code.splitlines())[before.count('\n'):][:listing.count('\n')] if found else []
                for name, line in rows:
                    so_far[file, name].append(line.rstrip())
        new = {line.strip() for listing in listings for line in listing.splitlines()} - known
        known = known | new
        if new & there:
            shown = {place: [*lines] for place, lines in so_far.items()}
    return defaultdict(list, shown)


def find_own(slices, heading):
    """Return the names of the functions that a slice leaves to the learner, or if it isn't here, that all leave."""
    here = [text for text in slices if text.startswith(f'{heading}\n')] or slices
    return re.findall(r'`(\w+)`', ' '.join(re.findall('^#### Yours.*', '\n'.join(here), re.MULTILINE)))
