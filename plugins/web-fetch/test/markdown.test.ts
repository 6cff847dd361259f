import { expect, test } from 'vitest'
import { toMarkdown } from '../src/markdown.ts'

const markdown = (html: string): string => toMarkdown(html, 'https://example.com/')!.text

test('code keeps its lines, be they elements, end in a <br>, or stand beside their numbers', () => {
  const block = '```\nif (a):\n    b *= __c__\n```'
  const first = '<span>if</span> (a):'
  for (const code of [
    `<pre><code><span>${first}<br></span><span>    b *= __c__<br></span></code></pre>`,
    `<pre><code><div>${first}</div><div>    b *= __c__</div></code></pre>`,
    `<pre>${first}\n    b *= __c__<button>Copy</button></pre>`,
    `<pre><code>${first}</code>\n<code>    b *= __c__</code></pre>`,
    `<pre>\n<code>${first}\n    b *= __c__</code></pre>`,
    `<p><code>${first}<br>    b *= __c__</code></p>`,
    `<pre><code><table><tr><td><pre>1\n2</pre></td><td><pre>${first}\n    b *= __c__</pre></td></tr></table></code></pre>`,
  ])
    expect(markdown(code), code).toBe(block)
  expect(markdown('<pre>See <a href="/x">this</a>:\n  it</pre>')).toBe(
    'See [this](https://example.com/x):\n  it',
  )
})

test('what is raised, lowered or above another is no other number', () => {
  for (const [html, text] of [
    ['2<sup>n+1</sup>, 2<sup>2n</sup>, x<sup>-1</sup>', '2^(n+1), 2^(2n), x^-1'],
    ['1<sup>1</sup>⁄<sub>2</sub> and <sup>3</sup>/<sub>4</sub>', '1 1⁄2 and 3/4'],
    ['1<span><sup>1</sup>⁄<sub>2</sub></span>', '1 1⁄2'],
    ['log<sub>2</sub>8, 101<sub>2</sub>, a<sub>i+1</sub>', 'log_2 8, 101_2, a_(i+1)'],
    ['H<sub>2</sub>SO<sub>4</sub>, x<sub>i</sub>', 'H2SO4, xi'],
    ['said.<sup>[1]</sup> 5<sup>th</sup>', 'said.\\[1\\] 5th'],
    ['<math><mn>2</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>', '$2(1/2)$'],
    [
      '<math><msqrt><mi>a</mi><mo>+</mo><mn>1</mn></msqrt><mo>=</mo><msup><mi>b</mi><mn>2</mn></msup></math>',
      '$sqrt(a+1)=b^2$',
    ],
    [
      '<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mroot><mi>y</mi><mn>3</mn></mroot></math>',
      '$x_i^2 y^(1/3)$',
    ],
    ['<math><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable></math>', '$(1, 2)$'],
  ] as const)
    expect(markdown(`<p>${html}</p>`), html).toBe(text)
})

test('lists have the numbers that the page shows', () => {
  const items = '<li>x</li><li>y</li>'
  for (const [html, text] of [
    [`<ol>${items}</ol>`, '1.  x\n2.  y'],
    [`<ol start="5">${items}</ol>`, '5.  x\n6.  y'],
    [`<ol reversed>${items}</ol>`, '2.  x\n1.  y'],
    [`<ol type="a" start="27">${items}</ol>`, 'aa.  x\nab.  y'],
    [`<ol type="I" start="4">${items}</ol>`, 'IV.  x\nV.  y'],
    ['<ol><li value="10">x</li><li>y<ol type="i"><li>z</li></ol></li></ol>', '10.  x\n11.  y\n     i.  z'],
    ['<ol><li><p>x</p><p>y</p></li><li>z</li></ol>', '1.  x\n    \n    y\n    \n2.  z'],
  ] as const)
    expect(markdown(html), html).toBe(text)
})
