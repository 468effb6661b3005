import Synchronization

/// Hands the changes of a store to handlers: in the order in which they came about and one at a time, whoever brings them.
/// Who finds somebody else handing out leaves the change to them, so that a handler may itself bring one.
final class Delivery<Object: Sendable>: Sendable {
  typealias Handler = @Sendable (StoreEvent<Object>) -> Void

  private struct Parcel: Sendable {
    var events: StoreDifferences<Object>?
    var event: StoreEvent<Object>?
    var handlers: [Handler]
    var then: (@Sendable () -> Void)?
  }

  private struct State {
    var handlers: [Handler] = []
    var parcels: [Parcel] = []
    var isHandingOut = false
  }

  private let state = Mutex(State())

  /// Nothing is told twice or left out between what the store knows now and what comes after it.
  func add(_ handler: @escaping Handler, knowing store: ObjectStore<Object>) {
    enqueue { state in
      state.handlers.append(handler)
      for key in store.keys {
        guard let item = store.item(key) else { continue }
        state.parcels.append(Parcel(event: item.event(.initialList), handlers: [handler]))
      }
    }
  }

  /// - Parameter body: changes the store, and is not to call handlers itself.
  func change(_ body: () -> StoreEvent<Object>?) {
    enqueue { state in
      if let event = body() { state.parcels.append(Parcel(event: event, handlers: state.handlers)) }
    }
  }

  /// - Parameter then: called once the handlers have been told of it all.
  func change(all body: () -> StoreDifferences<Object>, then: @escaping @Sendable () -> Void) {
    enqueue { state in
      state.parcels.append(Parcel(events: body(), handlers: state.handlers, then: then))
    }
  }

  private func enqueue(_ body: (inout State) -> Void) {
    let isMine = state.withLock { state in
      body(&state)
      guard !state.isHandingOut, !state.parcels.isEmpty else { return false }
      state.isHandingOut = true
      return true
    }
    guard isMine else { return }
    while let parcels = next() {
      for parcel in parcels { handOut(parcel) }
    }
  }

  private func next() -> [Parcel]? {
    state.withLock { state in
      guard !state.parcels.isEmpty else {
        state.isHandingOut = false
        return nil
      }
      defer { state.parcels = [] }
      return state.parcels
    }
  }

  private func handOut(_ parcel: Parcel) {
    if let event = parcel.event {
      for handler in parcel.handlers { handler(event) }
    }
    if let events = parcel.events, !parcel.handlers.isEmpty {
      for event in events {
        for handler in parcel.handlers { handler(event) }
      }
    }
    parcel.then?()
  }
}
