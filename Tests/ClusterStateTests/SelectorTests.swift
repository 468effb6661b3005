import ClusterState
import KubernetesModel
import Testing

struct SelectorTests {
  @Test(
    "A label selector takes exactly the objects it describes",
    arguments: [
      ("app=web", true), ("app==web", true), ("app!=web", false), ("app=db", false), ("tier", true), ("!tier", false),
      ("!gone", true), ("app in (db, web)", true), ("app notin (db,web)", false), ("gone notin (a)", true),
      ("app=web,tier=front", true), ("app=web,tier=back", false), ("gone!=x", true), ("size>3", true),
      ("size<3", false),
      ("app in (web),!gone", true), ("", true), ("empty=", true), ("app=", false),
    ])
  func labels(text: String, isTaken: Bool) throws {
    let selector = try LabelQuery(parsing: text)
    #expect(selector.matches(["app": "web", "tier": "front", "size": "5", "empty": ""]) == isTaken)
  }

  @Test("What is no label selector is a bad request", arguments: ["a in b", "=x", "a=b=c", "a ! b", "in (a)"])
  func badLabels(text: String) {
    #expect(throws: StatusError.self) { try LabelQuery(parsing: text) }
  }

  @Test(
    "What is wrong with a label selector is said in the API server's words",
    arguments: [
      ("a in b", "unable to parse requirement: found 'b' expected: '('"),
      ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
      ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
      ("a=b=c", "found '=', expected: ',' or 'end of string'"),
      ("=x", "found '=', expected: !, identifier, or 'end of string'"),
      ("a,", "found '', expected: identifier after ','"),
      ("!", "unable to parse requirement: found '', expected: identifier"),
    ])
  func wording(text: String, message: String) {
    #expect(throws: StatusError.badRequest(message)) { try LabelQuery(parsing: text) }
  }

  @Test("Match expressions and labels count together")
  func objectForm() {
    let selector = LabelQuery(object: [
      "matchLabels": ["app": "web"], "matchExpressions": [["key": "tier", "operator": "In", "values": ["a", "b"]]],
    ])
    #expect(selector.matches(["app": "web", "tier": "b"]))
    #expect(!selector.matches(["app": "web", "tier": "c"]))
  }

  @Test(
    "A field selector takes exactly the pods it describes",
    arguments: [
      ("metadata.name=a", true), ("metadata.name!=a", false), ("status.phase=Running", true),
      ("status.phase!=Running,metadata.name=a", false), ("spec.nodeName=", true),
    ])
  func fields(text: String, isTaken: Bool) throws {
    let selector = try FieldSelector(parsing: text, for: GroupResource(group: "", resource: "pods"), isCustom: false)
    #expect(selector.matches(["metadata": ["name": "a"], "status": ["phase": "Running"]]) == isTaken)
  }

  @Test(
    "A field that is not offered is a bad request, each kind in its words",
    arguments: [
      ("pods", "field label not supported: spec.x"), ("jobs", "field label \"spec.x\" not supported for Job"),
      (
        "configmaps",
        "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
      ),
    ])
  func unknownField(resource: String, message: String) {
    #expect(throws: StatusError.badRequest(message)) {
      try FieldSelector(parsing: "spec.x=1", for: GroupResource(group: "", resource: resource), isCustom: false)
    }
  }
}
