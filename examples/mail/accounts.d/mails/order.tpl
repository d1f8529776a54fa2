<p>Thank you for your order {$trigger.increment_id}.</p>
<ul>
{foreach $trigger.items as $item}
<li>{$item.qty_ordered} x {$item.name}</li>
{/foreach}
</ul>
