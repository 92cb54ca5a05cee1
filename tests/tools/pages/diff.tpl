<% KINDS = {' ': ('div', 'same', ''), '+': ('ins', 'new', 'new'), '-': ('del', 'gone', 'gone'),
            '>': ('ins', 'moved', 'moved here'), '<': ('del', 'moved', 'moved away')} %>
% if not files:
<p>There is no difference.</p>
% end
<ul class="files">
% for file in files:
<li>{{!f'<a href="#{file.name}">{file.name}</a>' if file.counts else file.name}} <small>{{file.note}}</small>\\
%   for sign in filter(file.counts.get, '+-><'):
%     count, (_, kind, words) = file.counts[sign], KINDS[sign]
 <span class="{{kind}}" title="{{count}} {{words}}">{{sign}}{{count}}</span>\\
%   end
</li>
% end
</ul>
% for file in (file for file in files if file.counts):
<section class="file" aria-labelledby="{{file.name}}">
<h{{level}} id="{{file.name}}">{{file.name}} <small>{{file.note}}</small></h{{level}}>
%   for moves in filter(None, (file.moves('>'), file.moves('<'))):
<p>{{', '.join(moves)}}</p>
%   end
%   for fold, lines in file.parts():
%     columns, cells = lay_out(lines)
%     if fold:
<details>
<summary>{{f'{fold}. Show ours' if fold.endswith('yours') else f'Lines {fold}: {len(lines)}'}}</summary>
%     end
<div class="lines {{columns}}">
%     for side, line in cells:
%       tag, kind, _ = KINDS[line.sign]
%       hang = len(line.text) - len(line.text.lstrip()) + 2
%       hidden = 'aria-hidden="true"' if side == 'before' and line.sign == ' ' else ''
<{{tag}} class="{{side}} {{kind}}" data-line="{{line.numbers[side]}}" data-sign="{{line.sign}}" {{!hidden}}
 style="grid-row:{{line.row}};--hang:{{hang}}ch">{{!line.html or '<br>'}}</{{tag}}>
%     end
</div>
%     if fold:
</details>
%     end
%   end
</section>
% end
