// What copies of the kernel look for on what they are handed by each other. A copy of another version in the process
// goes by the names that it knows: so these change only together with the number in `src/shared.ts`. Until a version with
// that number is published, nobody goes by them yet, and the list alone may change.

/** The contract and, by the sort of thing, the names that it answers to. */
export const sharedNames = {
  contract: 1,
  names: {
    plugin: 'contributes file replaces version',
    class: '@@retinue/kernel/clock @@retinue/kernel/kind kind options schema type',
    toolset: '@@retinue/kernel/kind kind needs tools type',
    tool: 'approval description effect execute input',
    item:
      '$on $patch $pin $reset $source $type $values @@retinue/kernel/cell @@retinue/kernel/values ' +
      'text toJSON',
    secret: '$secret @@retinue/kernel/leaf @@retinue/kernel/reveal',
    registry:
      'all at awake configs contexts domain find graph kindOfBag kinds manager of on parent register ' +
      'seal sections toolsets version weak',
    catalogue: 'create get has list',
    registration: 'definition key kind needs origin property replaces shape type',
    origin: 'file package version',
    kind: 'after bag home owners snapshot view',
    shape:
      'accept clock defaults empty fields index isSetBy kind load options own save secret type valuesOf version',
    graph: 'close closure followers memo path',
    domain: 'announce batch capture commitAlone epoch note quiet record upheavals',
    change: 'apply cell deliver event from index notice party patch reach to undo undone',
    event: 'deliver event party payload',
    live: '@Symbol.iterator add delete forEach isEmpty',
    manager: 'add close enter get leave list',
    layer:
      'agent awake awakeSessions bag capture captureHere cell cells chainOf ' +
      'changeTools children copy domain emit end ended excluded flipped hasFlipped heard hears ' +
      'inherit isRoot keepStored label lineage load loadBag members membersChanged messages observed ' +
      'on owner parent parked presence prompt quarantine rank reach refuseEnded registry ' +
      'relink relinkCells renderer renewCells request requested revision secrets self sessions setAside ' +
      'setQuarantine setRequest settle settleStored silent stored strays sync tools type user valued wake ' +
      'weak within',
    members: 'forces hasPeer place remove sessions',
    force: 'excluded keys onUser toolsets unresolved',
    cell:
      'adopt base chain entry fallback gather isOpen layer own put read render shape source ' +
      'successor together valued watch write',
    bag: 'bag delete entry get handle handles has kind layer parked peek set show types',
    list:
      '@Symbol.iterator admit admitAll apply at changeOf changes clear domain every exclude excluded ' +
      'filter find forEach has heard inForce include includes indexOf insert items map memo on once pop ' +
      'published push remove removeAt replace same set slice some splice tell toJSON unresolved',
    symbol:
      '@retinue/kernel @retinue/kernel/bag @retinue/kernel/cell @retinue/kernel/clock ' +
      '@retinue/kernel/for @retinue/kernel/kind @retinue/kernel/layer @retinue/kernel/leaf ' +
      '@retinue/kernel/reveal @retinue/kernel/template @retinue/kernel/values',
    memo: 'all closure followers forces kinds named presence renders',
  },
}
