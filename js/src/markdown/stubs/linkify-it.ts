/**
 * Stands in for `linkify-it`: the widget never turns bare text into links (`linkify: false`), and
 * the real one is a fifth of markdown-it's size.
 */
export class LinkifyIt {
  test(_text: string): boolean {
    return false;
  }

  match(_text: string): null {
    return null;
  }

  matchAtStart(_text: string): null {
    return null;
  }
}
