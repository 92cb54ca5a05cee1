"""What changes from one version of the code to another: for the terminal here, for a browser in diff_page.py."""
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from itertools import groupby, pairwise
from pathlib import PurePath

CONTEXT = 3  # unchanged lines that are shown above and below a change
ARROWS = {'-': '<', '+': '>'}
OTHER = {'-': '+', '+': '-'}
match = partial(SequenceMatcher, None, autojunk=False)  # finds what two lists have in common, in the same order


@dataclass
class Line:
    """A line of a diff. Its sign: ' ' unchanged, '+' new, '-' gone, '>' moved here, '<' moved away."""

    sign: str
    text: str
    block: str  # the function or class that it belongs to
    moved: str = ''  # the file that it comes from or went to
    fold: str = ''  # why it is not shown at once: 'unchanged', 'moved away', or what is yours
    html: str = ''  # on a page: the text in colours,
    row: int = 0  # its place,
    numbers: dict = field(default_factory=dict)  # and its number on each side


class FileDiff:
    """What changes in a file. If it is missing on one side, its name there is None."""

    def __init__(self, names, old, new):
        self.old_name, self.new_name = names
        self.name = self.new_name or self.old_name
        self.lines = list(diff_lines(old, new))
        self.note = 'new' if not self.old_name else 'gone' if not self.new_name else ''
        if self.old_name and self.name != self.old_name:
            self.note = f'was {self.old_name}'

    @property
    def counts(self):
        """How many lines are new, gone and moved, by their sign."""
        return Counter(line.sign for line in self.lines if line.sign != ' ')

    def moves(self, sign):
        """Return how many lines came from which other files, '>', or went to which, '<', blank ones aside."""
        lines = [line for line in self.lines if line.sign == sign and line.text.strip()]
        moved = Counter(line.moved for line in lines if line.moved != self.name)
        way = 'to' if sign == '<' else 'here from'
        return [f'{count} line{"s" * (count > 1)} moved {way} {name}' for name, count in moved.most_common()]

    def parts(self):
        """Yield (why they are folded, or '', lines) for each part. A function that is new, or gone, is a part."""
        old, new = ({line.block for line in self.lines if line.sign in signs} for signs in (' -<', ' +>'))
        both = old & new
        for (fold, _), part in groupby(self.lines, key=lambda line: (line.fold, line.fold or line.block in both)):
            yield fold, list(part)


def compare(old, new, yours=()):
    """Return a FileDiff for each file that differs between {name: text} and {name: text}; what is yours is folded."""
    files = [FileDiff(names, *texts) for *texts, names in pair(old, new)]
    mark_moved(files)
    for file in files:
        fold(file, yours)
    return [file for file in files if file.counts or file.note]


# Which files, and which lines, are compared with each other

def pair(old, new):
    """Yield (old lines, new lines, (old name, new name)) for each file; where it is missing, its name is None."""
    old = {name: text.splitlines() for name, text in old.items()}
    new = {name: text.splitlines() for name, text in new.items()}
    gone = {PurePath(name).name: name for name in old if name not in new}  # they may be in another folder
    origins = {name: name if name in old else gone.get(PurePath(name).name) for name in new}
    for name in sorted(old.keys() - origins.values()):
        yield old[name], [], (name, None)
    for name in sorted(new):
        yield old.get(origins[name], []), new[name], (origins[name], name)


def split(lines):
    """Return (the top-level function, class or method that it belongs to, or '', line) for each line."""
    block, blocks = '', []
    for line in lines:
        start = re.match(r'(?:def|class) (\w+)|    def (\w+)\(self', line)
        if start or re.match(r'\w', line):  # what is not indented ends a function
            block = start[start.lastindex] if start else ''
        blocks.append(block)
    for place in reversed(range(len(lines) - 1)):
        if re.match(r'@|\s*$', lines[place]):  # decorators and blank lines belong to what they stand above
            blocks[place] = blocks[place + 1]
    return list(zip(blocks, lines))


def diff_lines(old, new):
    """Yield the lines; what is gone comes first. A line is unchanged only within the function of the same name."""
    old, new = split(old), split(new)
    for tag, i, j, k, m in match(old, new).get_opcodes():
        yield from (Line('-', text, block) for block, text in old[i:j] if tag != 'equal')
        yield from (Line(' ' if tag == 'equal' else '+', text, block) for block, text in new[k:m])


# What has moved, and what is folded

def is_tiny(line):
    """Return True if a line says too little to be recognized, as a closing bracket."""
    return len(re.findall(r'\w', line.text)) <= 3


def mark_moved(files):
    """Mark the lines that are gone in one place and new in another, but for white space; tiny ones go with others."""
    places = defaultdict(list)
    for file in files:
        for line in file.lines:
            places[line.sign, line.text.strip()].append(file.name)
    for file in files:
        last = ''
        for line in file.lines:
            others = places[OTHER.get(line.sign), line.text.strip()]
            if others and not is_tiny(line):
                last = last if last in others else file.name if file.name in others else others[0]
                line.sign, line.moved = ARROWS[line.sign], last
        for lines in file.lines, file.lines[::-1]:
            for neighbour, line in pairwise(lines):
                if is_tiny(line) and neighbour.sign == ARROWS.get(line.sign):
                    line.sign, line.moved = neighbour.sign, neighbour.moved


def fold(file, yours):
    """Fold what is yours, what went to other files, and unchanged lines that are not near any change."""
    blocks = {line.block for line in file.lines if line.sign != ' '}.intersection(yours)
    for line in file.lines:
        if file.name in yours or line.block in blocks:
            line.fold = f'{"This" if file.name in yours else line.block} is yours'
        elif line.sign == '<' and line.moved != file.name:
            line.fold = 'moved away'
    changes = [place for place, line in enumerate(file.lines) if line.sign != ' ' and not line.fold]
    near = {change + distance for change in changes for distance in range(-CONTEXT, CONTEXT + 1)}
    for is_far, run in groupby(enumerate(file.lines), key=lambda item: item[0] not in near and not item[1].fold):
        far = [line for _, line in run if is_far]
        if len(far) > CONTEXT or not changes:
            for line in far:
                line.fold = 'unchanged'


def show(file):
    """Yield the lines that show a file in the terminal. Each begins with its sign."""
    yield from (f'{sign} {move}' for sign in '><' for move in file.moves(sign))
    number, told = 1, set()
    shown = 0 if file.old_name and file.new_name else 1  # how far the lines of the new file are shown
    for fold, lines in file.parts():
        if not fold and number != shown:
            yield f'@@ line {number} @@'
        if not fold:
            yield from (line.sign + line.text for line in lines)
        elif fold.endswith('yours') and fold not in told:  # yours may stand between ours
            told.add(fold)
            yield f'  {fold}: --ours shows ours'
        number += sum(line.sign in ' +>' for line in lines)
        if fold != 'unchanged':
            shown = number
