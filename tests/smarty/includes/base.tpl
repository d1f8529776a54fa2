<{block name=a}A{$s}{/block}|{block name=b}B{block name=c}C{/block}{/block}>
{block name=d}{$smarty.block.child}D{/block}