"""tasks.py carry: bring a fix in one step to all later ones."""
import difflib
import shutil
import subprocess

import tasks

CONTEXTS = [(3, 3), (2, 2), (1, 1), (3, 0), (0, 3), (1, 0), (0, 1), (0, 0)]  # how many lines above and below a change


def carry(options):
    """Bring the uncommitted changes in a step to all later ones, and check them; return the exit status."""
    index = tasks.find_step(options.step)
    conflicts = carry_on(index)
    steps = [f'--step={number}' for number in range(index + 1, len(tasks.STEPS) + 1)]
    return tasks.pytest(options, *steps) or min(conflicts, 1)


def carry_on(index):
    """Bring the uncommitted changes in a step to all later ones; return how many conflicts there are."""
    folder = tasks.STEPS[index][0]
    if not shutil.which('git') or git('ls-files', '--error-unmatch', '.', cwd=folder).returncode:
        tasks.stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    fix = find_uncommitted(folder)
    if not fix:
        tasks.stop(f'Nothing is uncommitted in {folder.name}. Make the fix there first (.py, .tpl and .css files are carried, and no others).')
    conflicts = 0
    for folder, *_ in tasks.STEPS[index + 1:]:
        results = bring(fix, folder)
        lines = [f'{result:9} {what}' for result, what in results]
        print(f'{folder.name:18}' + f'\n{"":18}'.join(lines), flush=True)
        conflicts += [result for result, _ in results].count('conflict')
        fix = find_uncommitted(folder) or fix  # the change in the words of this step, for the next one
    return conflicts


def find_uncommitted(folder):
    """Return {name: (lines in the last commit, lines now)} of a step's files that differ; no lines where there is no file."""
    commands = [('diff', '--name-only', '--no-renames', '--relative', 'HEAD'), ('ls-files', '--others')]
    names = [name for command in commands for name in git(*command, '-z', '--', '.', cwd=folder).stdout.split('\0')]
    texts = tasks.read(folder)
    fix = {name: (git('show', f'HEAD:./{name}', cwd=folder).stdout.splitlines(), texts.get(name, '').splitlines())
           for name in names if name.endswith(tasks.CODE)}
    return {name: (before, now) for name, (before, now) in fix.items() if before != now}


def git(*arguments, **settings):
    """Run git; return what subprocess.run returns."""
    return subprocess.run(['git', *arguments], capture_output=True, encoding='utf-8', **settings)


def bring(fix, folder):
    """Make a fix in another step; return a list of (what came of it, where), one for each part of the fix."""
    files = {name: text.splitlines() for name, text in tasks.read(folder).items()}
    results = []
    for name, (before, now) in sorted(fix.items()):
        if not before:
            files.setdefault(name, [])
        for contexts in find_parts(before, now):
            result, file = make_part(contexts, name, files)
            if result == 'took it':
                write(folder / file, files[file])
            if result == 'conflict':
                file = f'{name}: {" / ".join(line.strip() for line in contexts[2][1])}'
            results.append((result, file))
    return results


def find_parts(before, now):
    """Yield each part of a change as a list of (old lines, new lines), with more and with less of what is around it."""
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, now, False).get_opcodes():
        if tag != 'equal':
            yield [(before[max(0, i - above):j + below], now[max(0, k - above):m + below]) for above, below in CONTEXTS]


def make_part(contexts, name, files):
    """Put new lines in the place of old ones, where just one place has them; return what came of it, and the file."""
    for old, new in contexts:
        for lines, result in ((old, 'took it'), (new, 'had it')):
            place = find_place(lines, name, files)
            if place:
                file, index = place
                files[file][index:index + len(lines)] = new
                return result, file
    return 'conflict', name


def find_place(lines, name, files):
    """Return (file, index) of the one place where these lines stand, in the file of this name or else in any; or None."""
    for candidates in ([name] if name in files else [], files):
        places = [(file, index) for file in candidates for index in find_lines(lines, files[file])]
        if len(places) == 1:
            return places[0]


def find_lines(lines, text):
    """Return each index at which these lines stand in a text; no lines at all stand in an empty text only."""
    if not lines:
        return [] if text else [0]
    return [index for index in range(len(text)) if text[index:index + len(lines)] == lines]


def write(path, lines):
    """Write lines into a file, or delete it if there are none."""
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8', newline='\n')
    else:
        path.unlink()
