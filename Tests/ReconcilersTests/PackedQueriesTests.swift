import KubernetesClient
import KubernetesModel
import Testing

@testable import Reconcilers

@Suite struct PackedQueriesTests {
  private struct Asked: Hashable {
    var kind: CachedKind
    var query: StoreQuery
    var isContent: Bool
  }

  private static let key = ObjectKey(namespace: "shop", name: "income")

  private static func named(_ name: String) -> StoreQuery { .key(ObjectKey(namespace: "shop", name: name)) }

  private func round(_ asked: [Asked], of key: ObjectKey = key, at other: ObjectKey = key) -> Set<Asked>? {
    guard let packed = PackedQueries(asked.map { ($0.kind, $0.query, $0.isContent) }, of: key) else { return nil }
    var found: Set<Asked> = []
    packed.forEach(of: other) { found.insert(Asked(kind: $0, query: $1, isContent: $2)) }
    return found
  }

  @Test func `what is packed is asked again, whatever it is`() {
    let queries: [StoreQuery] = [
      .ownedBy("uid"), .field("model", "income", namespace: "shop"), .label("job-name", "x"), .all,
      Self.named("income"), Self.named("income-routing"), Self.named("größe"),
      Self.named(String(repeating: "n", count: 253)),
    ]
    let asked = CachedKind.allCases.flatMap { kind in
      queries.map { Asked(kind: kind, query: $0, isContent: false) }
    }
    let contents = [
      Asked(kind: .models, query: Self.named("income"), isContent: true),
      Asked(kind: .models, query: Self.named("other"), isContent: true),
    ]
    #expect(round(asked + contents + asked) == Set(asked + contents))
    #expect(round([]) == [])
  }

  @Test func `the object's own name stands for that of the object that asks`() {
    let other = ObjectKey(namespace: "shop", name: "churn")
    let asked = [Asked(kind: .services, query: Self.named("income"), isContent: false)]
    #expect(round(asked, at: other)?.first?.query == Self.named("churn"))
  }

  @Test func `what is about another namespace, or too long, is not packed`() {
    let elsewhere = StoreQuery.key(ObjectKey(namespace: "other", name: "income"))
    let unpackable = [
      elsewhere, .field("model", "income", namespace: "other"), Self.named(String(repeating: "n", count: 256)),
    ]
    for query in unpackable {
      #expect(round([Asked(kind: .models, query: query, isContent: false)]) == nil)
    }
  }
}
