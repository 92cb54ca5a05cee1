"""tasks.py diff --html: what changes from one folder to another, as a page that needs no other file."""
import itertools
import sys
from collections import defaultdict
from pathlib import Path

from listings import likeness, mark_changes, split_file, to_html
from templates import fill, read_style

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
import tasks  # noqa: E402

CONTEXT = 3  # unchanged lines that are shown above and below a change; longer stretches are folded
LEAST_LIKENESS = 0.5  # of two lines that stand side by side, with the words marked that have changed
KINDS = {' ': 'same', '+': 'new', '-': 'gone', '>': 'moved', '<': 'moved'}
MEANINGS = {' ': '', '+': 'new', '-': 'gone', '>': 'moved here', '<': 'moved away'}


class Line:
    """A line of a file, on one side of a diff."""

    def __init__(self, sign, is_before, file, number, words, text):
        self.sign, self.is_before = sign, is_before
        self.file, self.number, self.words, self.text = file, number, words, text
        self.kind, self.meaning = KINDS[sign], MEANINGS[sign]
        self.other = None  # of a line that has moved: the same line on the other side
        self.starts_block = False
        self.is_target = False
        self.is_shown = False

    @property
    def id(self):
        """What a link to this line says; only lines that have moved are linked to."""
        return f'{"to" if self.sign == ">" else "from"}/{self.file}:{self.number}'

    @property
    def html(self):
        return to_html(self.words, breaks=True)

    @property
    def indent(self):
        """How deep the line is indented, in steps of four columns, as far as the stylesheet goes."""
        return min((len(self.text) - len(self.text.lstrip())) // 4, 6)

    def follows(self, other):
        """True if this line comes right after another one, or nearly so."""
        return self.file == other.file and 0 < self.number - other.number <= CONTEXT + 1


class FileDiff:
    """What changes in a file, as parts to be shown one below the other."""

    def __init__(self, names, lines):
        self.old_name, self.new_name = names
        self.name = self.new_name or self.old_name
        self.lines = lines
        self.counts = {sign: sum(line.sign == sign for line in lines) for sign in '+-><'}
        groups = make_groups(lines, is_gone=self.new_name is None)
        mark_changed_words(groups)
        self.parts = list(find_parts(groups))

    @property
    def note(self):
        """What happens to the file as a whole."""
        if self.old_name is None:
            return 'new file' if self.lines else 'new file, empty'
        if self.new_name is None:
            return 'gone' if self.lines else 'gone, was empty'
        if self.old_name != self.new_name:
            return f'was {self.old_name}' if self.lines else f'was {self.old_name}, unchanged'
        return ''

    def sides(self, row):
        """Return those lines of a row whose side the file has."""
        return [line for line, name in zip(row, (self.old_name, self.new_name)) if name]

    def labels(self, row):
        """Return for each side of a row the line that begins a moved block; none if it has only been indented."""
        is_block = [line and line.starts_block and line.other not in row for line in self.sides(row)]
        return [line if begins else None for line, begins in zip(self.sides(row), is_block)]


def compare(old, new, file=None):
    """Return what changes from {name: text} to {name: text}: a list of FileDiff. With a file, only that one."""
    changes = tasks.compare(old, new, context=sys.maxsize)
    lines_of = {names: read_lines(names, marked, old, new) for names, marked in changes}
    lines = [line for lines in lines_of.values() for line in lines]
    away = [line for line in lines if line.sign == '<']
    here = [line for line in lines if line.sign == '>']
    find_others(away, here)
    find_others(here, away)
    if file:
        changes = [tasks.find_change(changes, file)]
    for names, _ in changes:
        for line in lines_of[names]:
            line.is_shown = True
    return [FileDiff(names, lines_of[names]) for names, _ in changes]


def read_lines(names, marked, old, new):
    """Return the lines of a diff, each as a Line; an unchanged line is there twice, once for each side."""
    old_name, new_name = names
    before, after = number_lines(old, old_name), number_lines(new, new_name)
    lines = []
    for sign, text in ((line[0], line[1:]) for line in marked if line[0] != '@'):
        if sign in ' -<':
            lines.append(Line(sign, True, old_name, *next(before), text))
        if sign in ' +>':
            lines.append(Line(sign, False, new_name, *next(after), text))
    return lines


def number_lines(texts, name):
    """Yield (number, words) for each line of a file, if there is one."""
    if name:
        yield from enumerate(split_file(texts[name], name), 1)


# Lines that have moved

def find_others(lines, candidates):
    """Find the other end of each moved line; lines that moved together begin a block, whose other end can be linked to."""
    places = defaultdict(list)
    for index, candidate in enumerate(candidates):
        places[candidate.text.strip()].append(index)
    above = None
    for index, line in enumerate(lines):
        matches = places[line.text.strip()]
        if above and above.other and line.follows(above):
            line.other = next((candidates[place] for place in matches if candidates[place].follows(above.other)), None)
        if line.other is None and not tasks.is_tiny(line.text):
            longest = max(matches, key=lambda place: count_common(lines[index:], candidates[place:]))
            line.other = candidates[longest]
            line.starts_block = line.other.is_target = True
        above = line


def count_common(lines, others):
    """Return how many lines two lists have in common from their starts on."""
    pairs = zip((line.text.strip() for line in lines), (line.text.strip() for line in others))
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


# What stands side by side, and what is folded

class Group:
    """Rows (line before, line after) that belong together: all unchanged, all changed, or all moved away."""

    def __init__(self, kind, rows):
        self.kind, self.rows = kind, rows

    def split(self, above, below):
        """Return three groups: so many rows at the start, the rest, so many rows at the end."""
        end = max(above, len(self.rows) - below)
        return [Group(self.kind, rows) for rows in (self.rows[:above], self.rows[above:end], self.rows[end:])]

    @property
    def summary(self):
        """What is shown in place of the rows while they are folded."""
        if self.kind == 'same':
            return f'{len(self.rows)} unchanged lines'
        files = sorted({before.other.file for before, _ in self.rows if before.other})
        return f'{len(self.rows)} lines moved to {", ".join(files)}'


class Part:
    """Groups that are shown in one table; with a summary, it is folded."""

    def __init__(self, groups, summary=''):
        self.groups, self.summary = groups, summary


def make_groups(lines, is_gone):
    """Return the groups of a file. Of a file that is gone, the lines that have moved away are apart."""
    def kind(line):
        return 'same' if line.sign == ' ' else 'away' if line.sign == '<' and is_gone else 'changed'

    groups = []
    for name, group in itertools.groupby(lines, key=kind):
        before, after = [], []
        for line in group:
            (before if line.is_before else after).append(line)
        groups.append(Group(name, pair_up(before, after) if name == 'changed' else list(itertools.zip_longest(before, after))))
    return groups


def pair_up(before, after):
    """Return rows in which lines that are much alike stand side by side, and the others in their order between those."""
    rows = []
    i = j = 0
    for one, other in [*find_pairs(before, after), (len(before), len(after))]:
        rows += itertools.zip_longest(before[i:one], after[j:other])
        rows += zip(before[one:one + 1], after[other:other + 1])
        i, j = one + 1, other + 1
    return rows


def find_pairs(before, after):
    """Return the places of lines that are much alike, in order; those that are most alike come first to choose."""
    alike = [(likeness(one.words, other.words), i, j) for i, one in enumerate(before) for j, other in enumerate(after) if one.text.strip()]
    pairs = []
    for _, i, j in sorted((pair for pair in alike if pair[0] >= LEAST_LIKENESS), key=lambda pair: -pair[0]):
        if all(i != one and j != other and (i < one) == (j < other) for one, other in pairs):
            pairs.append((i, j))
    return sorted(pairs)


def find_parts(groups):
    """Yield the parts of a file: what is unchanged and not near a change is folded, and so is what has moved away."""
    shown = []
    for index, group in enumerate(groups):
        near = CONTEXT if group.kind == 'same' else 0
        above, middle, below = group.split(near if index > 0 else 0, near if index + 1 < len(groups) else 0)
        if group.kind == 'changed' or len(middle.rows) <= CONTEXT:
            shown.append(group)
        else:
            yield from [Part(shown + [above])] if shown else []
            yield Part([middle], middle.summary)
            shown = [below] if below.rows else []
    yield from [Part(shown)] if shown else []


def mark_changed_words(groups):
    """Mark what differs between a line that is gone and a new one beside it that is much like it."""
    for before, after in (row for group in groups for row in group.rows):
        if before and after and before.sign + after.sign == '-+' and likeness(before.words, after.words) >= LEAST_LIKENESS:
            mark_changes(before.words, after.words)


# The page

def make_page(a, b, file=None):
    """Return the page on what changes from one folder to another."""
    title = f'{a.name} → {b.name}'
    diffs = compare(tasks.read(a), tasks.read(b), file)
    diff = fill('diff', diffs=diffs, a=a.name, b=b.name, level=2)
    body = f'<main id="main" tabindex="-1">\n<h1>{title}</h1>\n{diff}</main>'
    return fill('page', title=title, body=body, style=read_style())


def main(a, b, file, target):
    """Write the page into a file."""
    Path(target).write_text(make_page(Path(a), Path(b), file), encoding='utf-8', newline='\n')


if __name__ == '__main__':
    sys.exit(tasks.call(main, *sys.argv[1:]))
