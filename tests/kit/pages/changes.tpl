<section class="text" aria-labelledby="modules">
<h2 id="modules">The modules</h2>
{{!picture}}
</section>
<section class="changes" aria-labelledby="changes">
<div class="text"><h2 id="changes">All changes from {{a}}</h2></div>
{{!diff}}
</section>
