<figure class="modules">
<div class="scroll" tabindex="0" role="group" aria-label="Picture of the modules">
<svg viewBox="{{view}}" width="{{view.split()[2]}}" role="img" aria-label="The modules of the app, each above those that it imports. The same as text stands below.">
<defs>
% for kind in ('old', 'fresh'):
<marker id="arrow-{{kind}}" class="{{kind}}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>
% end
</defs>
% for line in sorted(lines, key=lambda line: line.is_new):
% kind = 'fresh' if line.is_new else 'old'
<path class="line {{kind}}" d="{{line.path}}"\\
% if line.arrow_up:
 marker-start="url(#arrow-{{kind}})"\\
% end
% if line.arrow_down:
 marker-end="url(#arrow-{{kind}})"\\
% end
/>
% end
% for box in boxes:
<g class="module {{box.state}}"><rect x="{{round(box.x - box.width / 2)}}" y="{{box.y}}" width="{{box.width}}" height="{{height}}" rx="6"/><text x="{{round(box.x)}}" y="{{box.y + height / 2}}">{{box.name}}</text></g>
% end
</svg>
</div>
<figcaption>Each module stands above those that it imports.
% states = {box.state for box in boxes}
% if 'new' in states:
<span class="key new">New</span> in this step.
% end
% if 'changed' in states:
<span class="key changed">Changed</span> in this step.
% end
<details>
<summary>As text</summary>
<ul>
% for name, others in imports.items():
<li><code>{{name}}</code> \\
% if others:
imports {{!', '.join(f'<code>{other}</code>' for other in others)}}</li>
% else:
imports no other module of the app</li>
% end
% end
</ul>
</details>
</figcaption>
</figure>
