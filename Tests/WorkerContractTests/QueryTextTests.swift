import Testing
import WorkerContract

@Suite("The parameter of a query") struct QueryTextTests {
  @Test(
    "it stands outside of quotes and comments",
    arguments: [
      ("SELECT 1", "SELECT 1", false),
      ("SELECT * FROM t WHERE at >= $since", "SELECT * FROM t WHERE at >= $1", true),
      ("SELECT $since::timestamptz,$since", "SELECT $1::timestamptz,$1", true),
      (
        "SELECT '$since', \"$since\" FROM t WHERE at > $since", "SELECT '$since', \"$since\" FROM t WHERE at > $1", true
      ),
      ("SELECT 'it''s $since' WHERE a > $since", "SELECT 'it''s $since' WHERE a > $1", true),
      (#"SELECT E'\'$since' WHERE a > $since"#, #"SELECT E'\'$since' WHERE a > $1"#, true),
      (#"SELECT '\' WHERE a > $since"#, #"SELECT '\' WHERE a > $1"#, true),
      ("SELECT 1 -- $since 'x\nWHERE a > $since", "SELECT 1 -- $since 'x\nWHERE a > $1", true),
      ("SELECT 1 /* /* $since */ ' */ WHERE a > $since", "SELECT 1 /* /* $since */ ' */ WHERE a > $1", true),
      (
        "SELECT $$ $since $$, $a$ $$ $since $a$ WHERE a > $since",
        "SELECT $$ $since $$, $a$ $$ $since $a$ WHERE a > $1", true
      ),
      ("SELECT a$since FROM t WHERE é$since > 1", "SELECT a$since FROM t WHERE é$since > 1", false),
      ("SELECT x[1:2], y::since, '5 $' FROM t", "SELECT x[1:2], y::since, '5 $' FROM t", false),
      // Another name for the same parameter, as long as it is one.
      ("SELECT $since WHERE a > $1", "SELECT $1 WHERE a > $1", true),
      ("SELECT $since WHERE t = $since -- é", "SELECT $1 WHERE t = $1 -- é", true),
    ])
  func places(query: String, statement: String, takesSince: Bool) {
    let text = QueryText(query)
    #expect(text.statement == statement)
    #expect(text.takesSince == takesSince)
    #expect(text.flaws.isEmpty, "\(text.flaws)")
  }

  @Test(
    "what is no parameter is named as it was written",
    arguments: [
      ("SELECT * FROM t WHERE at > '$since'", "has $since in quotes, where it is text: '$since'"),
      ("SELECT * FROM t WHERE at > \"$since\"", "has $since in quotes, where it is text: \"$since\""),
      ("SELECT * FROM t WHERE at > TIMESTAMP '$since'", "has $since in quotes, where it is text: '$since'"),
      ("SELECT * FROM t WHERE at > $$$since$$", "has $since in quotes, where it is text: $$$since$$"),
      ("SELECT * FROM t WHERE at > $sinc", "has $sinc, which is no parameter"),
      ("SELECT * FROM t WHERE at > $Since", "has $Since, which is no parameter"),
      ("SELECT * FROM t WHERE at > $since_day", "has $since_day, which is no parameter"),
      ("SELECT * FROM t WHERE at > $1", "has $1, which is no parameter"),
      ("SELECT * FROM t WHERE at > :since", "has :since, which is no parameter"),
      ("SELECT * FROM t WHERE at > ${since}", "has ${since}, which is no parameter"),
      ("SELECT * FROM t WHERE at > %(since)s", "has %(since)s, which is no parameter"),
      ("SELECT * FROM t WHERE at > $since AND b > $until", "has $until, which is no parameter"),
      ("SELECT * FROM t WHERE at > 'open $since", "has $since in quotes, where it is text: 'open $since"),
    ])
  func flaws(query: String, words: String) {
    #expect(QueryText(query).flaws.first?.description == words)
  }

  @Test func `messages speak of it by its name`() {
    let text = QueryText("SELECT $since")
    #expect(
      text.inItsWords("could not determine data type of parameter $1")
        == "could not determine data type of parameter $since")
    #expect(text.inItsWords("there is no parameter $12") == "there is no parameter $12")
    #expect(QueryText("SELECT 1").inItsWords("costs $1") == "costs $1")
  }
}
