using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Nexus.Web.Conversations;

/// <summary>
/// The states that a request's canonical blocks lead to, one after the other: equal states, equal histories. A message that
/// repeats a tool block is left out whole (spec §4.1). States of two domains are never equal.
/// </summary>
internal sealed class BlockChain
{
    private readonly HashSet<ulong> _tools = [];
    private readonly List<long> _boundaries = [];
    private readonly List<long> _answers = [];
    private readonly List<long> _interior = [];
    private bool? _fromUser;
    private bool _inTurn;

    public BlockChain(string domain) => State = End = Start(domain);

    public long State { get; private set; }

    /// <summary>After the last block of the user.</summary>
    public long End { get; private set; }

    public IReadOnlyList<long> Boundaries => _boundaries;

    public IReadOnlyList<long> Answers => _answers;

    /// <summary>Between the blocks of the user's last turn.</summary>
    public IReadOnlyList<long> Interior => _interior;

    public static long Start(string domain) => unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(domain), 0x4E65787573));

    public static long Next(long state, ulong block)
    {
        Span<byte> both = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(both, state);
        BinaryPrimitives.WriteUInt64LittleEndian(both[8..], block);
        return unchecked((long)XxHash3.HashToUInt64(both));
    }

    public void Add(CanonicalMessage message)
    {
        var repeated = false;
        foreach (var block in message.Blocks)
            if (block.Tool != 0 && !_tools.Add(block.Tool))
                repeated = true;
        if (repeated || message.Blocks.Count == 0)
            return;
        Turn(message.FromUser);
        foreach (var block in message.Blocks)
        {
            if (message.FromUser && _inTurn)
                _interior.Add(State);
            State = Next(State, block.Hash);
            _inTurn = true;
        }

        if (message.FromUser)
            End = State;
    }

    /// <summary>The last message is the user's, though nothing in it counts: what the assistant said before it is an answer.</summary>
    public void EndWithUser()
    {
        if (_fromUser != false)
            return;
        Turn(fromUser: true);
        End = State;
    }

    private void Turn(bool fromUser)
    {
        if (fromUser == _fromUser)
            return;
        if (!fromUser)
            _boundaries.Add(State);
        else if (_fromUser == false)
            _answers.Add(State);
        if (fromUser)
            _interior.Clear();
        (_inTurn, _fromUser) = (false, fromUser);
    }
}
