% if not diffs:
<p>There is no difference.</p>
% else:
<div class="scroll" tabindex="0" role="group" aria-label="Files that differ">
<table class="files">
<thead>
<tr><th scope="col">File</th>\\
% for kind, sign, meaning in (('new', '+', 'new'), ('gone', '-', 'gone'), ('moved', '>', 'moved here'), ('moved', '<', 'moved away')):
<th scope="col"><span class="{{kind}} sign" aria-hidden="true">{{sign}}</span> <span>{{meaning}}</span></th>\\
% end
</tr>
</thead>
<tbody>
% for diff in diffs:
<tr><th scope="row">{{!f'<a href="#{diff.name}">{diff.name}</a>' if diff.lines else diff.name}} <small>{{diff.note}}</small></th>\\
% for sign in '+-><':
<td>{{diff.counts[sign] or ''}}</td>\\
% end
</tr>
% end
</tbody>
</table>
</div>
% end
% for diff in (diff for diff in diffs if diff.lines):
<section class="file" aria-labelledby="{{diff.name}}">
<h{{level}} id="{{diff.name}}">{{diff.name}} <small>{{diff.note}}</small></h{{level}}>
% for part in diff.parts:
% if part.summary:
<details>
<summary>{{part.summary}}</summary>
% end
<table role="table" class="diff{{' two-sided' if diff.old_name and diff.new_name else ''}}" aria-label="{{diff.name}}{{', ' + part.summary if part.summary else ''}}">
<colgroup>\\
% for name in filter(None, (diff.old_name, diff.new_name)):
<col class="number"><col>\\
% end
</colgroup>
<thead role="rowgroup">
<tr role="row">\\
% for name, folder in ((diff.old_name, a), (diff.new_name, b)):
% if name:
<th role="columnheader" scope="col"><span class="hidden">Line</span></th><th role="columnheader" scope="col">{{folder}}</th>\\
% end
% end
</tr>
</thead>
% for group in part.groups:
<tbody role="rowgroup" class="{{group.kind}}">
% include('rows', rows=group.rows, diff=diff)
</tbody>
% end
</table>
% if part.summary:
</details>
% end
% end
</section>
% end
