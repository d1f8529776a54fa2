{foreach $items as $it}{$it|@json_encode}{if !$it@last},{/if}
{/foreach}{$p1}