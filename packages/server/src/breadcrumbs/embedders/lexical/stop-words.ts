/** The commonest words that say nothing of a subject, without accents, in English, German and French. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  [
    'a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its',
    'me my no not of on or our she should so than that the their them then there these they this those to us was we were',
    'what when where which who why will with would you your',
    'aber als am an auch auf aus bei bin bis da das dass dem den der des die du ein eine einem einen einer er es fur hat',
    'ich ihr im in ist ja kann man mein mich mir mit nach nicht noch oder sich sie sind so um und uns von vor war was wenn',
    'wer wie wir wird wo zu zum zur',
    'au aux avec ce ces cet cette comment d dans de des du elle en est et il ils j je l la le les leur lui ma mais mes mon',
    'n ne nos notre nous ont ou par pas plus pour pourquoi qu que quel quelle qui s sa se ses si son sont sur un une vous y',
  ]
    .join(' ')
    .split(' '),
);
