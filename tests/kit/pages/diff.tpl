% KINDS = {' ': ('div', 'same', ''), '+': ('ins', 'new', 'new'), '-': ('del', 'gone', 'gone'), '>': ('ins', 'moved', 'moved here'), '<': ('del', 'moved', 'moved away')}
% def show(lines, summary=''):
%   columns, cells = lay_out(lines)
%   if summary:
<details>
<summary>{{summary}}</summary>
%   end
<div class="lines {{columns}}">
%   for side, row, line in cells:
%     tag, kind, _ = KINDS[line.sign]
%     is_copy = side == 'before' and line.sign == ' '
<{{tag}} class="{{side}} {{kind}}" data-line="{{line.old_number if side == 'before' else line.new_number}}" style="grid-row:{{row}};--indent:{{len(line.text) - len(line.text.lstrip())}}"{{!' aria-hidden="true"' if is_copy else ''}}>{{!to_html(line.words, line.changed) or '<br>'}}</{{tag}}>
%   end
</div>
%   if summary:
</details>
%   end
% end
% if not files:
<p>There is no difference.</p>
% end
<ul class="files">
% for file in files:
<li>{{!f'<a href="#{file.name}">{file.name}</a>' if file.has_changes else file.name}} <small>{{file.note}}</small>\\
%   for sign in filter(file.count, '+-><'):
 <span class="{{KINDS[sign][1]}}"><span aria-hidden="true">{{sign}}</span>{{file.count(sign)}}<span class="hidden"> {{KINDS[sign][2]}}</span></span>\\
%   end
</li>
% end
</ul>
% for file in (file for file in files if file.has_changes):
<section class="file" aria-labelledby="{{file.name}}">
<h{{level}} id="{{file.name}}">{{file.name}} <small>{{file.note}}</small></h{{level}}>
%   for moves in filter(None, (file.moves('>'), file.moves('<'))):
<p>{{', '.join(moves)}}</p>
%   end
%   if file.is_taken_apart and file.gone():
%     show(file.gone(), f'Lines that are gone: {len(file.gone())}')
%   end
%   if file.is_yours:
<details>
<summary>This is yours. Ours: show</summary>
%   end
%   for lines in file.parts():
%     line = lines[0]
%     show(lines, f'{line.block} is yours. Ours: show' if line.is_yours else f'{len(lines)} unchanged lines' if line.is_folded else '')
%   end
%   if file.is_yours:
</details>
%   end
</section>
% end
